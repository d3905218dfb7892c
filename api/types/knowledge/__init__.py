"""Public knowledge: species, genes, regulons, ontology terms, lists of markers.

May import ``api.graphql``, ``kg``.
To add one thing: a type is one file here, its name in ``api.types.link`` and its field in ``api.root``.
"""
