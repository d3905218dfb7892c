"""The fields of Query, by what they ask for: one file each, joined in ``api/schema.py``.

May import ``api.types``, ``api.graphql``, ``kg``.
To add one thing: a field in the file of its kind; a file of another kind is one more class that ``Query`` has.
"""
