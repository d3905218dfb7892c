"""What jobs do: one runner per kind, a function of a ``kg.jobs.child.Work`` that gives a summary.

May import the rooms of ``ingest`` below, and ``kg``.
To add one thing: a runner here, and its kind in ``kg/jobs/kinds.py``, which names it.
"""
