"""The types of the schema, one file per concept; concepts of one kind stand in a room.

May import ``api.graphql``, ``kg``.
To add one thing: a type is one file here, its name in ``link`` and its field in ``api.root``.
"""
