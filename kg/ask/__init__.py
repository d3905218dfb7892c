"""Questions: names in, an answer out; including signatures uploaded with a question.

May import ``kg.verdict`` and all below it.
To add one thing: a question is one function in ``questions``; a saved query one file in ``kg/queries``.
"""
