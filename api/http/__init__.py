"""HTTP endpoints: GraphQL, Cypher, explorer, health, metrics.

May import everything of ``api`` but ``cli``.
To add one thing: an address is one route in ``app``.
"""
