"""How well cells of several batches are brought together, and what it costs of their types: a measure per function.

Pure: NumPy and SciPy, coordinates, labels and batches in, a number out, each with its card; higher is better.
``measures`` takes all of them; ``fastmnn`` brings batches together without labels; ``methods`` are the ways that
``bench`` sets beside one another, and the one place that asks for other packages.
"""
