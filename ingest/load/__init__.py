"""From manifests and sources to a graph with verdicts: read, load, clean up, derive.

May import everything of ``ingest`` but ``cli``.
To add one thing: a source's turn is one step in ``pipeline``.
"""
