"""Versions of an atlas: objects named by their content, manifests that name them, and the heads that move.

May import ``kg.store``, ``kg.schema``, ``kg.names``, ``kg.files``; obstore in ``bucket`` only.
To add one thing: another kind of object is one entry of ``version.KINDS``, another fact of a card one field in
``card``.
"""
