"""Names of genes and terms: spellings of ids, gene names as tools alter them, placeholder words.

May import ``kg.curie`` and ``kg.errors``.
To add one thing: a species is one entry in ``species.yaml``; another rewriting of gene names is one rule in
``gene_spelling``.
"""
