"""Nodes, relationships and their properties, declared once; links between them; the schema page and the glossary.

May import nothing of this package.
To add one thing: a label is one entry in ``nodes``, a relationship one in ``edges``, a way that readers may follow
one in ``links``; then ``python -m kg.schema.document --write``.
"""
