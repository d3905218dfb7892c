"""A whole graph as sorted tuples, to compare two of them."""

import json

from kg.store.driver import Store


def dump(store: Store, *, runs: bool = True) -> tuple[list[str], list[str]]:
    """(nodes, relationships); without ``runs`` the property ``run`` is left out."""

    def text(*parts: object) -> str:
        return json.dumps(parts, sort_keys=True)

    def kept(properties: dict) -> dict:
        return properties if runs else {name: value for name, value in properties.items() if name != "run"}

    nodes = store.read("MATCH (n) RETURN labels(n) AS labels, properties(n) AS p")
    edges = store.read("MATCH (a)-[r]->(b) RETURN a.id AS a, type(r) AS type, b.id AS b, properties(r) AS p")
    return (
        sorted(text(n["labels"], kept(n["p"])) for n in nodes),
        sorted(text(e["a"], e["type"], e["b"], kept(e["p"])) for e in edges),
    )
