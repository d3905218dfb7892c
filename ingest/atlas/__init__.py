"""Atlases: a version is made from studies, and other studies are mapped to it.

May import everything of ``ingest`` but ``cli``, and ``kg.atlas``; the only room that writes cells of an atlas. To add
one thing: an output format of a mapped study is one file here, called by ``mapped``.
"""
