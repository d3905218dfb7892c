"""Files as such: written whole or not at all, and read only where they are regular files.

May import ``kg.errors``.
To add one thing: a file that must survive a kill is written by ``whole``.
"""
