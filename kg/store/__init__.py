"""The only access to the graph: driver, embedded server, guard for users' queries, idempotent writes.

May import ``kg.schema``, ``kg.files``, ``kg.terminal``, the Neo4j driver (here alone).
To add one thing: a function that users' Cypher may call is one word in ``guard``.
"""
