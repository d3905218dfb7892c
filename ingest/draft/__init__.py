"""Draft manifests: what can be read from a file is filled in, the rest is marked.

May import ``ingest.files``, ``ingest.manifest``.
To add one thing: what can be seen of a column is one rule in ``sniff``.
"""
