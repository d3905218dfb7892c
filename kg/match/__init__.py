"""The statistics of a match: pure functions of arrays, each with its card; ``tables`` makes a vector of a table.

May import NumPy, SciPy, ``kg.errors``, ``kg.curie``; no store and no files.
To add one thing: a level is one entry in ``compared`` and its kernel, a policy one in ``orthology``; a kernel is one
file with a test against an independent oracle in ``tests/kg``.
"""
