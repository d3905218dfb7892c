"""The space of a reference: cells and genes as arrays, normalised values, axes, corrections, and nearest neighbours.

May import NumPy, SciPy, ``kg.match``, ``ingest.method.pooling``.
To add one thing: a normalisation is one case in ``values``, a model that makes coordinates implements ``latent.Space``.
"""
