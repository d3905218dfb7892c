"""Terminal output, and protection from control characters in files.

May import rich.
To add one thing: a table or a bar is made with ``console``.
"""
