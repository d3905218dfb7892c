"""Matches: one with its verdict, pages of them, why they have their score, how sides are paired, and one's own upload.

May import the other rooms of ``api.types``, ``api.graphql``, ``kg``.
To add one thing: a field of a match is declared in ``kg.schema.match``; what takes a query to answer is a resolver in
``match``.
"""
