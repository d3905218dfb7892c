"""What people see at a terminal, and how text from files is kept from steering it.

May import rich.
To add one thing: a table or a bar is made with ``console``.
"""
