"""Vectors and noise factors outside the graph: columnar, memory-mapped, content-addressed.

May import ``kg.files``, NumPy.
To add one thing: another array of a signature is one name in ``store``.
"""
