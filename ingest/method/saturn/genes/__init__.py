"""Vectors of genes for SATURN: read from a file, made of protein sequences by ESM2, or of orthology as a stand-in.

May import NumPy, pandas, torch, transformers; nothing of a run but ``loop``.
To add one thing: another file of vectors is one reader in ``vectors``.
"""
