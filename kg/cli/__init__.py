"""The command ``orthokg``: options in, text out.

May import everything of ``kg``; rooms of ``ingest`` and ``api`` by name alone.
To add one thing: a command is one line in ``main`` and one function.
"""
