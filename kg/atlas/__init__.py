"""Versions of an atlas: objects named by their content, manifests that name them, and the heads that move; branches
and tags, submissions and their reviews, merges and reverts.

May import ``kg.store``, ``kg.schema``, ``kg.names``, ``kg.files``; obstore in ``bucket`` only.
To add one thing: another kind of object is one entry of ``version.KINDS``, another fact of a card one field in
``card``, of a report one in ``report``, a way to select a view one entry of ``views``.
"""
