"""Verdicts: families scored, one pair or many at once; derived for the graph; explained.

May import ``kg.sides``, ``kg.stored``.
To add one thing: a part of a verdict is computed in ``family`` and shown by ``kg.records``.
"""
