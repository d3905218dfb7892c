"""Jobs: long-running work runs in a process of its own, and users' uploads lie in private spaces.

The graph holds only what is not confidential about a job (``rows``); its arguments, files, messages and results lie in
its folder (``space``). A worker (``worker``) claims jobs, taking turns between owners, and runs each as ``orthokg jobs
child FOLDER``. The inbox by which other processes ask the one that writes (``inbox``) takes curations too
(``curations``). May import the rooms below ``ask``; runners are loaded by name, so that no single-cell code is imported
here. To add one thing: a kind of job is one entry in ``kinds`` and one function of a ``Work`` (``child``).
"""
