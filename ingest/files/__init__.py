"""Files of studies: tables and their columns, gene columns, what R saved.

May import ``ingest.manifest``, ``kg.tables``, ``kg.names``.
To add one thing: another reading of a gene column is one rule in ``tokens``.
"""
