"""Sources from caches or the network, always checked against their pins; prepared files and curated tables.

May import ``ingest.batch``, ``ingest.progress``.
To add one thing: a source file is one entry in ``ontologies/pins.yaml``.
"""
