"""The commands ``orthokg ingest``, ``cells``, ``embed``, ``atlas create`` and ``atlas map``.

May import everything of ``ingest``.
To add one thing: a command is one function here and one line in ``kg.cli.main``.
"""
