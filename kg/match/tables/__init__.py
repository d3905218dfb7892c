"""From a table of differential expression to a vector, and what its columns say of one another.

May import NumPy, SciPy, ``kg.match``.
To add one thing: an error of a whole table is one rule in ``conflict``, a doubt that is only flagged one in ``doubts``.
"""
