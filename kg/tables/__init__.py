"""Tables from users: detected, validated and read as text; and cells written for spreadsheets.

May import ``kg.names``, ``kg.files``, pandas.
To add one thing: another column name of a tool is one line in ``lab_table``.
"""
