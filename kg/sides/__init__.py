"""The two sides of a match, prepared: catalogue, pools of cohorts, pairing, signatures projected to a feature space.

May import ``kg.match``, ``kg.read``, ``kg.signatures``.
To add one thing: another way of pairing is one entry in ``pairing``.
"""
