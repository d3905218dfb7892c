"""Runners of jobs: one per kind, a function that takes a ``kg.jobs.child.Work`` and returns a summary.

May import the rooms of ``ingest`` below, and ``kg``.
To add one thing: a runner here, and its kind in ``kg/jobs/kinds.py``, which names it.
"""
