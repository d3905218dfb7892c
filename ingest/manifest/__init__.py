"""What a manifest may say, and whether its terms are current.

May import ``ingest.fetch``, pydantic.
To add one thing: a field is one line in ``blocks`` or ``cell_blocks``; then ``python -m ingest.manifest``.
"""
