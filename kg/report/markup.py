"""HTML and SVG as text, in which every value is escaped unless it was made here."""

import re
from html import escape

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_VOID = frozenset({"meta", "br"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def el(_tag: str, /, *children: "Markup | str | float | list[Markup] | None", **attributes: object) -> Markup:
    """An element; a value is escaped unless it is Markup. Names of attributes: ``class_`` is class, and ``_`` within
    is ``-``; None and False leave one out."""
    given = "".join(
        f' {name.strip("_").replace("_", "-")}="{text(value)}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if _tag in _VOID:
        return Markup(f"<{_tag}{given}>")
    return Markup(f"<{_tag}{given}>{''.join(map(_child, children))}</{_tag}>")


def text(value: object) -> str:
    """Escaped, without characters that control a reader or change the direction of what follows."""
    return escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(value)), quote=True)


def _child(value: "Markup | str | float | list[Markup] | None") -> str:
    if value is None:
        return ""
    if isinstance(value, Markup):
        return value
    if isinstance(value, list):
        return "".join(map(_child, value))
    return text(value)
