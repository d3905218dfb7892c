"""Reading the graph: nodes by page, by name, by neighbourhood; what it contains and what is missing.

May import ``kg.store``, ``kg.schema``, ``kg.records``.
To add one thing: another read is one function here, with its Cypher beside it.
"""
