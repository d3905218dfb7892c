"""Computations on single cells: pseudobulk, networks, activity, embeddings; one card each.

May import ``ingest.files``, ``kg.match``; model packages when they are called.
To add one thing: a method is one file with its card and a test against an oracle.
"""
