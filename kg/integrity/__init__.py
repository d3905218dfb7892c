"""What the store holds, written down and compared: the ledger, and ``orthokg verify``.

May import ``kg.signatures``, ``kg.store``.
To add one thing: another check is one function in ``verify``.
"""
