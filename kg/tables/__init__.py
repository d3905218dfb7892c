"""Tables that people send: found, proved and read as text; and cells that leave for a spreadsheet.

May import ``kg.names``, ``kg.files``, pandas.
To add one thing: another column name of a tool is one line in ``lab_table``.
"""
