"""File access: files are written completely or not at all, and only regular files are read.

May import ``kg.errors``.
To add one thing: a file that must survive a kill is written by ``whole``.
"""
