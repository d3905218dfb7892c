"""Atlases: builds versions from studies, maps other studies to them, and submits studies.

May import everything of ``ingest`` but ``cli``, and ``kg.atlas``; the only room that writes cells of an atlas. To add
one thing: an output format of a mapped study is one file here, called by ``mapped``.
"""
