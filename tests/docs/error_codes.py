"""The error codes that the code can raise, with what is said beside them, read from the source itself."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("kg", "ingest", "api")
KINDS = {
    "ContractError": "input",
    "Issue": "input",
    "broken": "input",
    "Form": "input",
    "quarantine": "input",
    "UnknownTermError": "term",
    "MethodError": "method",
    "StoreError": "store",
    "SourceError": "source",
    "KgError": "request",
    "JobError": "job",
    "answer_error": "HTTP",
}
_CODE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
_RULE = re.compile(r"([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*): (.*)", re.DOTALL)
_MOST = 3


def codes() -> dict[str, dict[str, list[str]]]:
    """Code -> kind -> what is said, values as ``…``."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for code, kind, said in _raised(ast.parse(path.read_text(encoding="utf-8"))):
                if said and said not in found[code][kind]:
                    found[code][kind].append(said)
                else:
                    found[code][kind] += []
    return {code: dict(found[code]) for code in sorted(found)}


def _raised(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = ast.unparse(call.func).rpartition(".")[2]
        if name not in KINDS:
            continue
        kind, said = KINDS[name], [_text(each) for each in call.args]
        named = [_text(each.value) for each in call.keywords if each.arg == "code"]
        rules = [found for each in said if (found := _RULE.fullmatch(each))]
        if named and _CODE.fullmatch(named[0]):
            yield named[0], kind, said[0] if said else ""
        elif name == "broken" and said and _CODE.fullmatch(said[0]):
            yield said[0], kind, said[2] if len(said) > 2 else ""
        elif name == "Form" and len(said) > 1 and _CODE.fullmatch(said[0]):
            yield said[0], kind, f"{said[1]} has its fields, each of its kind"
        elif name == "JobError" and said and _CODE.fullmatch(said[0]):
            yield said[0], kind, said[1]
        elif name == "answer_error" and len(said) > 1 and _CODE.fullmatch(said[1]):
            yield said[1], kind, said[2] if len(said) > 2 else ""
        for rule in rules:
            yield rule[1], kind, rule[2]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(each) if isinstance(each, ast.Constant) else "…" for each in node.values)
    return f"{_text(node.left)}{_text(node.right)}" if isinstance(node, ast.BinOp) else ""


def page() -> str:
    """As Markdown."""
    rows = [
        f"| `{code}` | {', '.join(kinds)} | {_cell([each for said in kinds.values() for each in said])} |"
        for code, kinds in codes().items()
    ]
    return "\n".join(["| code | kind | what is said (values as …) |", "|---|---|---|", *rows])


def _cell(said: list[str]) -> str:
    more = len(said) - _MOST
    texts = [
        " ".join(each.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*") for each in said[:_MOST]
    ]
    return "<br>".join([*texts, *([f"and {more} more"] if more > 0 else [])])
