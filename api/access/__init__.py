"""Who may ask, and how much: tokens, rates, bodies, limits, what a browser is told.

May import nothing of this package.
To add one thing: a limit is one field in ``limits``.
"""
