"""What was measured: data sets, contrasts and what they change, disease models, disease states, drugs.

May import ``api.types.knowledge``, ``api.graphql``, ``kg``.
To add one thing: a type is one file here, its name in ``api.types.link`` and its field in ``api.root``.
"""
