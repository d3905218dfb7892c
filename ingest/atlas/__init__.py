"""Atlases: studies become a version that others are read against, and a study is read against one.

May import everything of ``ingest`` but ``cli``, and ``kg.atlas``; the only room that writes cells of an atlas. To add
one thing: an output format of a mapped study is one file here, called by ``mapped``.
"""
