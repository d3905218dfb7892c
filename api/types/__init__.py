"""The types of the schema, one file per concept.

May import ``api.graphql``, ``kg``.
To add one thing: a type is one file here, its name in ``link`` and its root field in ``api/schema.py``.
"""
