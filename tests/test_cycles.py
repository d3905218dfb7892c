"""No two modules need one another, imports inside functions included."""

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

ROOT = Path(__file__).parents[1]
PACKAGES = ("kg", "ingest", "api")


def modules() -> dict[str, Path]:
    """Every module by its dotted name; a package by its own."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in known:
            for each in node.names:
                inside = f"{node.module}.{each.name}"
                yield inside if inside in known else str(node.module)
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in known)


def graph(known: dict[str, Path]) -> nx.DiGraph:
    found = nx.DiGraph()
    found.add_edges_from(
        (name, other) for name, path in known.items() for other in imported(path, known) if other != name
    )
    return found


def test_no_modules_need_one_another() -> None:
    found = graph(modules())
    assert found.number_of_edges() > 1000
    assert [sorted(group) for group in nx.strongly_connected_components(found) if len(group) > 1] == []


def test_a_cycle_through_a_function_is_seen(tmp_path: Path) -> None:
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("from two import b\n")
    two.write_text("def b():\n    import one\n")
    found = graph({"one": one, "two": two})
    assert nx.is_strongly_connected(found)


def test_each_room_says_what_belongs_in_it() -> None:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("__init__.py"):
            told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            assert told, path
