"""Public knowledge: genes, orthologs, networks, ontologies, drugs, models, published answers.

May import ``ingest.fetch``, ``ingest.files``.
To add one thing: a source is one file with a function that returns a ``Batch``, and one step in
``ingest.load.pipeline``.
"""
