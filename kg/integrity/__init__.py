"""Integrity of the store: the ledger of its contents, and ``orthokg verify``.

May import ``kg.atlas``, ``kg.signatures``, ``kg.store``.
To add one thing: another check is one function in ``verify``.
"""
