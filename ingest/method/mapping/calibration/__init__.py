"""What is chosen and learned for a reference: its policy, the labelled cells of its studies, and head, thresholds and
outside scores calibrated on held-out donors.

May import ``query``, ``heads`` and ``space``.
To add one thing: a parameter is one field of ``policy.Policy``.
"""
