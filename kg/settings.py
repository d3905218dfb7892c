"""Settings from the environment: numbers within a range, and switches. Everything that is wrong is told at once."""

from collections.abc import Mapping
from dataclasses import Field
from math import inf
from typing import Any

from kg.errors import ContractError, Issue

Range = tuple[int, int | None]
ANY: Range = (1, None)


def numbers(
    declared: tuple[Field[Any], ...],
    environ: Mapping[str, str],
    names: Mapping[str, str],
    *,
    ranges: Mapping[str, Range] | None = None,
    otherwise: Range = ANY,
    prefix: str = "",
) -> dict[str, Any]:
    """The fields of a dataclass that the environment sets; what is unset or empty is left to its default.

    ``names``: field -> variable; ``ranges``: field of type int -> smallest and largest value, None for no largest, and
    ``otherwise`` for the rest. A field of type float is any number above 0. ``prefix``: a variable that begins with it
    and is none of ``names`` is an error.

    Raises:
        ContractError: code SETTING, with one issue for each variable that is wrong.
    """
    found: dict[str, Any] = {}
    issues: list[Issue] = []
    for each in declared:
        name, text = names[each.name], environ.get(names[each.name], "").strip()
        if not text:
            continue
        if each.type is float:
            value, told = _above_zero(text), "a number above 0"
        else:
            least, most = (ranges or {}).get(each.name, otherwise)
            value = _whole(text, least, most)
            told = f"a whole number {f'of at least {least}' if most is None else f'from {least} to {most}'}"
        if value is None:
            fix = f"use a value such as {each.default}, the default"
            issues.append(Issue(name, f"SETTING: it must be {told}", text[:80], fix))
        else:
            found[each.name] = value
    for name in sorted(environ):
        if prefix and name.startswith(prefix) and name not in names.values():
            fix = f"use one of {', '.join(names.values())}"
            issues.append(Issue(name, f"SETTING: a variable that begins with {prefix} must be a setting", name, fix))
    if issues:
        raise ContractError(issues, code="SETTING")
    return found


def switch(environ: Mapping[str, str], name: str, default: bool) -> bool:
    """A setting that is ``on`` or ``off``. Raises ContractError, code SETTING, for anything else."""
    text = environ.get(name, "").strip().lower()
    if text not in ("", "on", "off"):
        issue = Issue(name, "SETTING: it must be on or off", text[:80], "set one of the two, or unset it")
        raise ContractError([issue], code="SETTING")
    return default if not text else text == "on"


def _whole(text: str, least: int, most: int | None) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    return value if (value := int(text)) >= least and (most is None or value <= most) else None


def _above_zero(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < inf else None
