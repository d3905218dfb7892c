"""First manifests for files that were never described: what can be seen is written down, the rest is marked.

May import ``ingest.files``, ``ingest.manifest``.
To add one thing: what can be seen of a column is one rule in ``sniff``.
"""
