"""Verdicts stored in the graph: written, read by page, compared between two times.

May import ``kg.sides``, ``kg.read``.
To add one thing: a field that is stored is a field of the record and a property of the same name in ``kg.schema``.
"""
