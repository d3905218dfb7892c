"""Cells of a table that is exported, for whoever opens it in a spreadsheet: no text of them is a formula.

A text that begins with ``=``, ``+``, ``@``, a tab, a carriage return, or a ``-`` that begins no number gets an
apostrophe before it. What such an apostrophe stands before already gets another one, so that one taken away gives the
text back: ``kg.tables`` does so, and so may any other reader by :func:`plain`.
"""

import re

_STARTS = re.compile(r"'*(?:[=+@\t\r\uff1d\uff0b\uff0d\uff20]|-(?=.))", re.DOTALL)
_NUMBER = re.compile(r"-(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|-(inf|infinity|nan)", re.IGNORECASE | re.ASCII)
MARKS = ("'=", "'+", "'@", "'-", "'\t", "'\r", "''", "'\uff1d", "'\uff0b", "'\uff0d", "'\uff20")
"""What a text that is quoted begins with."""


def _is_formula(text: str) -> bool:
    return _STARTS.match(text) is not None and _NUMBER.fullmatch(text) is None


def quoted(text: str) -> str:
    """The cell as it is written."""
    return f"'{text}" if _is_formula(text) else text


def plain(text: str) -> str:
    """The cell as it was."""
    return text[1:] if text.startswith("'") and _is_formula(text[1:]) else text
