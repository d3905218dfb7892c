"""What genes and terms are called: spellings of ids, gene names and what tools make of them, words that name nothing.

May import ``kg.curie`` and ``kg.errors``.
To add one thing: a species is one entry in ``species.yaml``; another rewriting of gene names is one rule in
``gene_spelling``.
"""
