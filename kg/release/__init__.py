"""Releases: a state of the graph with a name, a fingerprint and a stamp.

May import ``kg.read``, ``kg.store``, ``kg.signatures``.
To add one thing: what belongs to the fingerprint is said in ``releases``.
"""
