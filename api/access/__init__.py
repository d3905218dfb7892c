"""Access control: tokens, rates, body sizes, limits, security headers.

May import nothing of this package.
To add one thing: a limit is one field in ``limits``.
"""
