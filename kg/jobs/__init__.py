"""Jobs: what takes long runs in a process of its own, and what people send for it lies in a space of their own.

The graph holds of a job what is nobody's secret (``rows``); arguments, files, messages and results lie in its folder
(``space``). A worker (``worker``) claims jobs in turn of their owners, and runs each as ``orthokg jobs child FOLDER``.
May import the rooms below ``ask``; runners are loaded by name, so that no room of cells is imported here.
To add one thing: a kind of job is one entry in ``kinds`` and one function of a ``Work`` (``child``).
"""
