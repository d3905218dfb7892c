"""Releases: named states of the graph, with fingerprint and stamp.

May import ``kg.read``, ``kg.store``, ``kg.signatures``.
To add one thing: what belongs to the fingerprint is said in ``releases``.
"""
