"""Gates for submissions to an atlas: they judge a candidate against its base version (the parent). One module per gate,
each with its card. Pure functions: NumPy and SciPy, arrays in, a ``kg.atlas.report.Gate`` out. All coordinates are in
the parent's space, before donors are corrected; ``space`` maps each donor to the others."""
