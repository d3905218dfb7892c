"""Measures of how well batches are integrated and cell types preserved: one function per measure.

Pure functions of coordinates, labels and batches that return a number, each with its card; higher is better; NumPy and
SciPy only. ``measures`` computes all of them; ``fastmnn`` integrates batches without labels; ``methods`` are the
methods that ``bench`` compares, and the only module that needs other packages.
"""
