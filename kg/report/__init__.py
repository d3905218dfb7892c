"""Reports: one file to take along, with the verdict in plain words, its figures, evidence and methods.

May import ``kg.ask`` and all below it.
To add one thing: a section of the page is one function in ``sections``, or of one match in ``matched``; a figure
one function in ``figures``.
"""
