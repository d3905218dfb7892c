"""From manifests and sources to a graph with verdicts: read, load, clean up, derive.

``pipeline`` is the order of one ingest, ``knowledge`` its public sources, ``dataset`` one manifest, ``loader`` writes
batches into the graph, ``gaps`` and ``report`` say what was done and what could not be read.

May import everything of ``ingest`` but ``cli``.
To add one thing: a source's turn is one step in ``knowledge``.
"""
