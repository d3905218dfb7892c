"""Exports that need a library of data which ``kg`` does without: AnnData.

A module has ``write(selection, folder, facts, signatures)`` and is named in ``kg.export.run``, which loads it when its
format is asked for. It may import ``kg`` and anndata. To add a format: a module here, a line in ``ELSEWHERE`` there,
and a test that reads it with somebody else's reader.
"""
