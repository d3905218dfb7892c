"""A match as it is answered: plain dataclasses that command line, GraphQL and the graph share.

May import ``kg.match``.
To add one thing: a field of an answer is one field here.
"""
