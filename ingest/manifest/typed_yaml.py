"""YAML that keeps what was typed: a scalar without quotes is text until a field asks for a number, a truth value or
nothing.

YAML 1.1 reads 2_0 as 20, 1:30 as 90, 0012 as 10, 1.10 as 1.1 and NO as false; as names of clusters or arms these are
other groups. No tag makes an object, a key stands once in a mapping, and aliases cannot multiply without end.
"""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from kg.errors import ContractError, Issue, broken
from kg.files.regular import need_file

MOST_BYTES, MOST_NODES, DEEPEST = 1_000_000, 100_000, 60
_NOTHING = ("", "~", "null", "Null", "NULL")
_DEFAULT = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", "!"}
_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LINES, _CUT = re.compile("\r\n|[\n\r\x85\u2028\u2029]"), re.compile(r"[ \t]+(#\w\S*)")  # line ends of YAML
_TRUTH = {word: truth for truth, words in ((True, "true yes on"), (False, "false no off")) for word in words.split()}


class Plain(str):
    """A scalar that was typed without quotes."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    """Composes nodes and resolves nothing."""

    yaml_implicit_resolvers: dict[Hashable, Any] = {}  # noqa: RUF012  (as in its base)


def read_yaml(text: str, name: str, what: str = "a manifest", code: str = "MANIFEST") -> Any:
    """Mappings, lists, text (``Plain`` where it has no quotes) and None. ``name``: of the file, for the errors.

    Raises:
        ContractError: of that code, with every key that stands twice and every tag.
    """
    if len(text) > MOST_BYTES:
        fix = "name the manifest, not the data; `orthokg ingest --init FILE` drafts one for a table"
        raise broken(code, name, f"{what} has at most {MOST_BYTES:,} characters", f"{len(text):,}", fix)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        fix = "check indentation and quotes; an id such as CL:0000129 needs quotes in braces"
        raise ContractError(
            [Issue(name, f"{what} is YAML", " ".join(str(error).split())[:300], fix)], code=code
        ) from None
    except RecursionError:
        raise ContractError(
            [Issue(name, f"{what} is not nested so deeply", "thousands of brackets", "check the file")], code=code
        ) from None
    made = _Tree(name, text)
    tree = None if node is None else made.value(node, ())
    if made.issues:
        raise ContractError(made.issues, code=code)
    return tree


def text_of(path: Path, what: str = "a manifest", code: str = "MANIFEST") -> str:
    """The text of such a file. Raises ContractError MISSING_FILE, NOT_A_FILE, ENCODING, or of that code where it is too
    long."""
    if (size := need_file(path).stat().st_size) > 4 * MOST_BYTES:
        fix = "name the file itself, not the data"
        raise broken(code, path.name, f"{what} has at most {MOST_BYTES:,} characters", f"{size:,} bytes", fix)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise broken(
            "ENCODING", path.name, f"{what} is UTF-8 text", f"byte {error.start} is not UTF-8", "save it as UTF-8"
        ) from None
    except OSError as error:
        found = error.strerror or "it cannot be opened"
        raise broken("MISSING_FILE", str(path), f"{what} can be read", found, "check its permissions") from None


def number(text: str, kind: str) -> int | float | bool | str:
    """What a scalar is where an ``int``, a ``float`` or a ``bool`` is due; the text where it is none."""
    if kind == "bool":
        return _TRUTH.get(text.lower(), text) if text in (text.lower(), text.upper(), text.capitalize()) else text
    if _WHOLE.fullmatch(text):
        return int(text) if kind == "int" else float(text)
    return float(text) if kind == "float" and _FLOAT.fullmatch(text) else text


def resolved(tree: Any) -> Any:
    """The same with numbers and truth values where a scalar looks like one, as JSON has them: for files that a program
    wrote."""
    if isinstance(tree, dict):
        return {key: resolved(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [resolved(value) for value in tree]
    if not isinstance(tree, Plain):
        return tree
    if tree in ("true", "false"):
        return tree == "true"
    made = number(tree, "int")
    return number(tree, "float") if made is tree else made


class _Tree:
    def __init__(self, name: str, text: str):
        self._name, self._nodes = name, 0
        self._lines = _LINES.split(text) if _CUT.search(text) else []
        self.issues: list[Issue] = []

    def _wrong(self, node: yaml.Node, rule: str, found: object, fix: str) -> None:
        if len(self.issues) < 50:
            self.issues.append(Issue(f"{self._name}: line {node.start_mark.line + 1}", rule, str(found)[:120], fix))

    def value(self, node: yaml.Node, above: tuple[yaml.Node, ...]) -> Any:
        self._nodes += 1
        if self._nodes > MOST_NODES or len(above) > DEEPEST or any(node is each for each in above):
            if self._nodes <= MOST_NODES + 1 or not self.issues:
                self._nodes = MOST_NODES + 1
                self._wrong(
                    node, "aliases and nesting end", "more than can be read", "write the values out in place of aliases"
                )
            return None
        if node.tag not in _DEFAULT:
            self._wrong(
                node,
                "values have no tags",
                node.tag.replace("tag:yaml.org,2002:", "!!"),
                "remove the tag; put text in quotes",
            )
            return None
        if isinstance(node, yaml.ScalarNode):
            if node.style is not None:
                return str(node.value)
            return None if node.value in _NOTHING else self._plain(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*above, node)) for each in node.value]
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node, (*above, node))

    def _plain(self, node: yaml.ScalarNode) -> Plain:
        """Exc #1 is Exc for YAML, which may be another cluster: a comment is one that has a space behind its sign."""
        end = node.end_mark
        line = self._lines[end.line] if end.line < len(self._lines) else ""
        if found := _CUT.match(line, end.column):
            fix = "put both in quotes if they are one text; a comment has a space behind its #"
            self._wrong(
                node, "text without quotes ends where it seems to", f"{node.value!r} and then {found[1]!r}", fix
            )
        return Plain(node.value)

    def _mapping(self, node: yaml.MappingNode, above: tuple[yaml.Node, ...]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._wrong(key, "a key is text", "a list or mapping", "check brackets and colons")
                continue
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                self._wrong(
                    key,
                    f"a key stands once in a mapping: {name}",
                    f"lines {seen[name]} and {line}",
                    "remove one of them",
                )
                continue
            seen[name] = line
            if name == "<<" and key.style is None:
                for each in (value.value if isinstance(value, yaml.SequenceNode) else [value])[::-1]:
                    if isinstance(each, yaml.MappingNode):
                        merged |= self.value(each, above) or {}
                    else:
                        self._wrong(value, "<< takes in a mapping", "something else", "name the anchor of a mapping")
                continue
            made[name] = self.value(value, above)
        return merged | made
