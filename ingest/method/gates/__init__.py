"""What a submission does to an atlas: gates that judge a candidate against the version that it was made from.

A module per gate, each with its card. Pure: NumPy and SciPy, arrays in, a ``kg.atlas.report.Gate`` out. All coordinates
are in the parent's space, before the correction of a donor; ``space`` maps each donor to the others there.
"""
