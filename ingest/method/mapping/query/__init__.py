"""A query in the space of a reference: checked, placed and corrected, and how far its cells lie outside.

May import ``heads`` and ``space``.
To add one thing: a requirement for mapping a study is one function in ``gates`` that raises its own error.
"""
