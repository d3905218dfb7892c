"""The answer for a match: plain dataclasses shared by command line, GraphQL and the graph.

May import ``kg.match``.
To add one thing: a field of an answer is one field here.
"""
