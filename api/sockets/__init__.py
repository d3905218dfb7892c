"""Connections: who is connected, how long each may wait, and which are closed first.

May import ``api.access``, uvicorn, h11.
To add one thing: a bound on connections is one rule in ``visitors``.
"""
