"""Curations of matches and mappings, written and read.

May import ``kg.read``, ``kg.store``.
To add one thing: a field of a curation is one property in ``kg.schema`` and one line here.
"""
