"""The questions: names in, an answer out; and what a laboratory brings with its question.

May import ``kg.verdict`` and all below it.
To add one thing: a question is one function in ``questions``; a saved query one file in ``kg/queries``.
"""
