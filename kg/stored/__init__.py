"""Verdicts as they stand in the graph: written, read by page, compared between two times.

May import ``kg.sides``, ``kg.read``.
To add one thing: a field that is stored is one property in ``kg.schema`` and one line in ``write``.
"""
