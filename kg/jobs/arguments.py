"""An argument of a job, a file, a kind; and how what is given is checked against them."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kg.errors import ContractError, Issue

Value = str | int | float | bool | list[str]
Answers = Literal["atlas", "graph", "nothing"]
UPLOAD = re.compile(r"[0-9a-f]{32}")
_LONGEST, _MOST = 2000, 100
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Argument:
    """An argument of a kind of job. ``several``: a list of texts; ``least``, ``most``: inclusive bounds of a number;
    ``offered``: what a form offers from an inspected file: ``columns``, or the values of the column named by another
    argument."""

    name: str
    kind: Literal["text", "int", "float", "bool", "choice"] = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str | int | float | bool | None = None
    help: str = ""
    least: float | None = None
    most: float | None = None
    several: bool = False
    offered: str = ""


@dataclass(frozen=True)
class FileArgument:
    """A file argument: its value is the id of one of the owner's complete uploads, with a name that ends in one of
    ``suffixes``."""

    name: str
    suffixes: tuple[str, ...]
    required: bool = True
    help: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of job. ``runner``: ``module:function`` that takes a :class:`kg.jobs.child.Work`; ``answers``: what its
    answer depends on besides arguments and files: a version of an atlas (the argument ``atlas``), the contents of the
    graph, or nothing; ``either``: alternative sets of files, of which exactly one is given."""

    name: str
    title: str
    runner: str
    arguments: tuple[Argument, ...] = ()
    files: tuple[FileArgument, ...] = ()
    answers: Answers = "nothing"
    either: tuple[tuple[str, ...], ...] = ()


def checked(kind: Kind, given: Mapping[str, Any]) -> dict[str, Value]:
    """Validated arguments and files by name, converted to their types, with defaults filled in, in the order of the
    declaration; arguments without value and default are left out. Numbers may be given as text. Raises ContractError
    ARGUMENT listing every issue."""
    issues: list[Issue] = []
    made: dict[str, Value] = {}
    for argument in kind.arguments:
        value = given.get(argument.name)
        if value is None or value == "" or value == []:
            if argument.required:
                issues.append(_wrong(argument.name, f"{kind.name} needs {argument.name}", "none", argument.help))
            elif argument.default is not None:
                made[argument.name] = argument.default
            continue
        found = _several(argument, value) if argument.several else _value(argument, value)
        if isinstance(found, Issue):
            issues.append(found)
        else:
            made[argument.name] = found
    for file in kind.files:
        value = given.get(file.name)
        if value is None or value == "":
            if file.required:
                fix = f"send a file ({', '.join(file.suffixes)}) and give its id"
                issues.append(_wrong(file.name, f"{kind.name} needs the file {file.name}", "none", fix))
        elif not isinstance(value, str) or not UPLOAD.fullmatch(value):
            issues.append(_wrong(file.name, "a file argument is the id of an upload", value, "upload the file first"))
        else:
            made[file.name] = value
    there = tuple(each.name for each in kind.files if given.get(each.name))
    if kind.either and there not in kind.either:
        ways = ", or ".join(" and ".join(names) for names in kind.either)
        issues.append(_wrong("files", f"{kind.name} takes {ways}", " and ".join(there) or "none", f"give {ways}"))
    known = [each.name for each in (*kind.arguments, *kind.files)]
    issues += [
        _wrong(name, f"{kind.name} has no argument {str(name)[:80]!r}", given[name], f"it has {', '.join(known)}")
        for name in given
        if name not in known
    ]
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return made


def _several(argument: Argument, value: Any) -> Value | Issue:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, Sequence) or len(texts) > _MOST or not all(_is_text(each) for each in texts):
        return _wrong(argument.name, f"up to {_MOST} texts", value, "give each text separately")
    return list(texts)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()


def _value(argument: Argument, value: Any) -> str | int | float | bool | Issue:
    name, text = argument.name, str(value).strip()
    if argument.kind == "text":
        if _is_text(value):
            return value
        return _wrong(name, f"one line of at most {_LONGEST} characters", value, "shorten it, on one line")
    if argument.kind == "choice":
        if value in argument.choices:
            return value
        return _wrong(name, "a permitted value", value, f"use one of {', '.join(argument.choices)}")
    if argument.kind == "bool":
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        return _wrong(name, "true or false", value, "give true or false")
    try:
        number = int(text) if argument.kind == "int" else float(text)
    except ValueError:
        number = math.nan
    least = -math.inf if argument.least is None else argument.least
    most = math.inf if argument.most is None else argument.most
    if isinstance(value, bool) or not least <= number <= most or math.isinf(number):
        what = "a whole number" if argument.kind == "int" else "a number"
        return _wrong(name, f"{what} from {least:g} to {most:g}", value, "give a number in this range")
    return number


def _wrong(name: object, rule: str, found: object, fix: str) -> Issue:
    return Issue(str(name)[:80], f"ARGUMENT: {rule}", repr(found)[:200], fix)
