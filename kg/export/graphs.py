"""The graph for networkx and whoever reads the same: GraphML, and node-link JSON. Both are text and nothing is
unpickled.

``networkx.read_graphml(path, force_multigraph=True)``; ``networkx.node_link_graph(json.load(file), edges="edges")``. A
node is known by its id and has ``label`` as its kind (the label of a term is its ``name``); an edge's key is its type
with what tells parallel ones apart. GraphML has no lists: there a list is JSON in a string.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from kg.export.selection import LICENSE, Selection
from kg.export.tables import compact
from kg.read.stream import Row
from kg.schema.edges import EDGES
from kg.schema.nodes import LASTING
from kg.schema.spec import Property

_TYPES = {
    "string": "string",
    "integer": "long",
    "float": "double",
    "boolean": "boolean",
    "strings": "string",
    "floats": "string",
}
Facts = Callable[[], dict[str, str]]
"""What the graph is a state of: known when all of it has been read, so that it stands at the end of a file."""
_CONTROL = {code: " " for code in range(32) if code not in (9, 10, 13)}


def _nodes(selection: Selection) -> Iterator[tuple[str, str, Row]]:
    """(id, kind, properties)."""
    for spec in LASTING:
        for row in selection.nodes(spec):
            yield row.pop("id"), spec.label, {"name" if k == "label" else k: v for k, v in row.items()}


def _edges(selection: Selection) -> Iterator[tuple[str, str, str, str, Row]]:
    """(subject, object, key, type, properties)."""
    for spec in EDGES:
        for pair in spec.pairs:
            for row in selection.edges(spec, pair):
                key = " ".join([spec.type, *(str(row.get(name, "")) for name in spec.key)])
                yield row.pop("subject"), row.pop("object"), key, spec.type, row


def write_node_link(selection: Selection, folder: Path, facts: Facts) -> None:
    with (folder / "graph.json").open("w", encoding="utf-8") as out:
        out.write('{"directed":true,"multigraph":true,\n"nodes":[')
        mark = "\n"
        for key, kind, row in _nodes(selection):
            out.write(mark + compact({"id": key, "label": kind, **row}))
            mark = ",\n"
        out.write('\n],\n"edges":[')
        mark = "\n"
        for subject, target, key, kind, row in _edges(selection):
            out.write(mark + compact({"source": subject, "target": target, "key": key, "type": kind, **_owner(row)}))
            mark = ",\n"
        out.write(f'\n],\n"graph":{compact(facts())}}}\n')


def _owner(row: Row) -> Row:
    """``source`` is the end of an edge in node-link JSON: who owns the row is ``provided_by`` there."""
    return {"provided_by" if name == "source" else name: value for name, value in row.items()}


def write_graphml(selection: Selection, folder: Path, facts: Facts) -> None:
    keys = {
        "node": _keys(p for spec in LASTING for p in spec.properties),
        "edge": _keys(p for s in EDGES for p in s.properties),
    }
    with (folder / "graph.graphml").open("w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
        for domain, found in keys.items():
            for name, kind in found.items():
                key = f"{domain}.{name}.{kind}"
                out.write(f'<key id="{key}" for="{domain}" attr.name={quoteattr(name)} attr.type="{kind}"/>\n')
        for name in ("release", "data_version", "graph_version"):
            out.write(f'<key id="graph.{name}" for="graph" attr.name={quoteattr(name)} attr.type="string"/>\n')
        out.write('<graph edgedefault="directed">\n')
        for key, kind, row in _nodes(selection):
            out.write(f"<node id={quoteattr(key)}>{_data('node', {'label': kind, **row}, keys['node'])}</node>\n")
        for subject, target, key, kind, row in _edges(selection):
            data = _data("edge", {"type": kind, **_owner(row)}, keys["edge"])
            out.write(
                f"<edge source={quoteattr(subject)} target={quoteattr(target)} id={quoteattr(key)}>{data}</edge>\n"
            )
        out.write("".join(f'<data key="graph.{name}">{escape(value)}</data>\n' for name, value in facts().items()))
        out.write("</graph>\n</graphml>\n")


def _keys(properties: Iterator[Property]) -> dict[str, str]:
    """Name -> type; a property that two kinds declare differently is a string."""
    names: tuple[str, ...] = ("label", "type", "source", "provided_by", "run", LICENSE)
    found: dict[str, str] = dict.fromkeys(names, "string")
    for p in properties:
        name, kind = "name" if p.name == "label" else p.name, _TYPES[p.kind]
        found[name] = kind if found.get(name, kind) == kind else "string"
    return found


def _data(domain: str, row: Row, keys: dict[str, str]) -> str:
    return "".join(f'<data key="{domain}.{name}.{keys[name]}">{_text(value)}</data>' for name, value in row.items())


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    text = compact(value) if isinstance(value, list) else str(value)
    return escape(text.translate(_CONTROL))
