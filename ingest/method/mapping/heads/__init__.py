"""From coordinates or counts to the types of a cell: the tree of types, probabilities of each type, prediction sets,
and the outcome.

May import ``space``.
To add one thing: a classifier head is one function that returns log P (cells, types), named in
``calibration.policy.ENGINES`` and called in ``calibration.calibrate``.
"""
