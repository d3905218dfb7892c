"""The machinery of GraphQL: request context, loaders, pages, nodes, cost, and errors as clients see them.

May import ``api.access``, ``kg``, strawberry.
To add one thing: a kind of field is one function in ``reading``.
"""
