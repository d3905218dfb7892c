"""A laboratory's study: from the tables, counts or cells of a manifest to rows and signatures.

May import ``ingest.method``, ``ingest.source``, ``ingest.files``.
To add one thing: what a manifest's block becomes is one file here, called by ``datasets``.
"""
