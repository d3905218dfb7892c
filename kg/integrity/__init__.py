"""What the store holds, written down and compared: the ledger, and ``orthokg verify``.

May import ``kg.atlas``, ``kg.signatures``, ``kg.store``.
To add one thing: another check is one function in ``verify``.
"""
