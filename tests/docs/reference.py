"""Pages that are made of the code. ``python -m tests.docs.reference`` writes what is between the marks."""

import inspect
import pkgutil
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import ingest.method
import kg.match
from ingest.manifest.manifest import json_schema
from kg.cli.main import COMMANDS, Named, main
from kg.match.card import Card
from kg.schema import document, glossary
from tests.docs import error_codes

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "api" / "docs" / "pages"
BLOCK = re.compile(r"<!-- made: ([\w ]+) -->\n.*?<!-- end -->", re.DOTALL)


def command_line() -> str:
    top = click.Context(main, info_name="orthokg", terminal_width=100)
    parts = [f"## orthokg\n\n```text\n{main.get_help(top)}\n```"]
    for name, (place, _) in COMMANDS.items():
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        parts += _helped(command, f"orthokg {name}", top)
    return "\n\n".join(parts)


def _helped(command: click.Command, path: str, above: click.Context) -> list[str]:
    context = click.Context(command, info_name=path.rpartition(" ")[2], parent=above, terminal_width=100)
    made = [f"## {path}\n\n```text\n{command.get_help(context)}\n```"]
    known: dict[str, click.Command | None] = dict(getattr(command, "commands", {}))
    if isinstance(command, Named):
        known = {name: command.get_command(context, name) for name in command.table}
    for name, each in known.items():
        assert each is not None, name
        if each.hidden:
            continue
        made += _helped(each, f"{path} {name}", context)
    return made


def manifest() -> str:
    schema = json_schema()
    parts = [_fields("Top level", schema)]
    parts += [_fields(name, schema["$defs"][name]) for name in sorted(schema["$defs"])]
    return "\n\n".join(parts)


def _fields(name: str, block: dict[str, Any]) -> str:
    about = " ".join(block.get("description", "").split())
    required = set(block.get("required", ()))
    lines = [
        f"## {name}",
        *([f"\n{_safe(about)}"] if about else []),
        "",
        "| field | type | default | |",
        "|---|---|---|---|",
    ]
    for field, facts in block.get("properties", {}).items():
        default = "required" if field in required else _default(facts)
        lines.append(f"| `{field}` | {_kind(facts)} | {default} | {_safe(facts.get('description', ''))} |")
    return "\n".join(lines)


def _default(facts: dict[str, Any]) -> str:
    value = facts.get("default")
    return "" if value in (None, "", [], {}) else f"`{value}`"


def _kind(facts: dict[str, Any]) -> str:
    if "$ref" in facts:
        name = facts["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in facts:
        return " or ".join(_kind(each) for each in facts["anyOf"] if each.get("type") != "null")
    if "enum" in facts:
        return ", ".join(f"`{_shown(each)}`" for each in facts["enum"])
    if "const" in facts:
        return f"`{facts['const']}`"
    if facts.get("type") == "array":
        return f"list of {_kind(facts.get('items', {}))}"
    if facts.get("type") == "object":
        inner = facts.get("additionalProperties")
        return f"map to {_kind(inner)}" if isinstance(inner, dict) else "map"
    return str(facts.get("type", "any"))


def _shown(value: object) -> str:
    return {"\t": "tab", " ": "space", "|": "\\|"}.get(str(value), str(value))


def _safe(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def kernels() -> str:
    parts = []
    for package in (kg.match, ingest.method):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = import_module(found.name)
            cards = [each for each in vars(module).values() if isinstance(each, Card)]
            if cards or package is kg.match:
                parts.append(_kernel(module, cards))
    return "\n\n".join(parts)


def _kernel(module: Any, cards: list[Card]) -> str:
    parts = [f"## {module.__name__}", _prose(module.__doc__ or "")]
    for card in cards:
        limits = "".join(f"\n- {_safe(each)}" for each in card.limits)
        doi = f" DOI {card.doi}." if getattr(card, "doi", "") else ""
        parts.append(f"**{card.name}**, version {card.version}: {_safe(card.summary)}.{doi}\n{limits}".rstrip())
    for name, each in vars(module).items():
        own = inspect.isfunction(each) and each.__module__ == module.__name__ and not name.startswith("_")
        if own and each.__doc__:
            parts.append(f"### {name}\n\n```text\n{name}{_signature(each)}\n```\n\n{_prose(each.__doc__)}")
    return "\n\n".join(parts)


def _prose(doc: str) -> str:
    """A docstring as Markdown: paragraphs flow, what is indented or stands in columns keeps its lines."""
    made = []
    for part in inspect.cleandoc(doc).split("\n\n"):
        if any(line.startswith("    ") or "   " in line.strip() for line in part.splitlines()):
            made.append(f"```text\n{part}\n```")
        else:
            text = re.sub(r":\w+:`[.~]?([^`]+)`", r"`\1`", " ".join(part.split()).replace("``", "`"))
            made.append(
                "`".join(
                    each if at % 2 else each.replace("<", "&lt;").replace("*", "\\*")
                    for at, each in enumerate(text.split("`"))
                )
            )
    return "\n\n".join(made)


def _signature(function: Callable[..., Any]) -> str:
    given = inspect.signature(function)
    names = [str(each.replace(annotation=inspect.Parameter.empty)) for each in given.parameters.values()]
    return f"({', '.join(names)})"


def decisions() -> str:
    parts = []
    for path in sorted((ROOT / "kg" / "decisions").glob("*.md")):
        title, _, body = path.read_text(encoding="utf-8").partition("\n")
        body = re.sub(r"^(#+) ", r"#\1 ", body, flags=re.MULTILINE)
        body = re.sub(r"\[([^]]+)\]\((?!https?:)[^)]+\)", r"\1", body)
        parts.append(
            f"## {path.name[:4]} {title.lstrip('# ').partition('. ')[2] or title.lstrip('# ')}\n\n{body.strip()}"
        )
    return "\n\n".join(parts)


def graph() -> str:
    return f"## Quantities\n\n{glossary.table()}\n\n## Schema\n\n{document.page()}"


MADE: dict[str, Callable[[], str]] = {
    "command line": command_line,
    "manifest": manifest,
    "error codes": error_codes.page,
    "kernels": kernels,
    "decisions": decisions,
    "graph": graph,
}


def filled(text: str) -> str:
    """The page with what the code says now."""
    return BLOCK.sub(lambda found: f"<!-- made: {found[1]} -->\n\n{MADE[found[1]]()}\n\n<!-- end -->", text)


def made_pages() -> dict[Path, set[str]]:
    found = {
        path: set(re.findall(r"<!-- made: ([\w ]+) -->", path.read_text(encoding="utf-8")))
        for path in sorted(PAGES.rglob("*.md"))
    }
    return {path: names for path, names in found.items() if names}


if __name__ == "__main__":
    for page in made_pages():
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
