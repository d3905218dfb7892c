"""What an hour is spent with: the command line, an address, and a folder for what is taken along."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from kg.store.driver import Store
from kg.store.write import write_nodes

AD = "MONDO:0004975"
MODEL, NO_MATCH = "simulated-specific", "simulated-none"
KNOWN = {
    "CellType": {"id": "CL:0000129", "label": "microglial cell"},
    "Drug": {"id": "CHEMBL:2105759", "label": "baricitinib"},
}
"""Of public knowledge, with nothing measured: the simulated study has no node of these kinds."""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Hour:
    """``command``: words of ``orthokg`` -> what came of it; ``http``: a client of the server beside it."""

    folder: Path
    command: Callable[..., Done]
    http: httpx.Client | TestClient

    def asked(self, *words: str) -> str:
        """What a command prints; it ends well."""
        done = self.command(*words)
        assert done.code == 0, f"{' '.join(words)}: {done.err or done.out}"
        return done.out

    def refused(self, *words: str) -> str:
        """What a command says that does not end well."""
        done = self.command(*words)
        assert done.code != 0, f"{' '.join(words)} ends well: {done.out}"
        return done.err or done.out

    def told(self, *words: str) -> Any:
        return json.loads(self.asked(*words, "--format", "json"))

    def rows(self, *words: str) -> list[dict[str, str]]:
        return table(self.asked(*words, "--format", "tsv"))

    def graphql(self, query: str, token: str = "", **variables: Any) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        sent = {"query": query, "variables": variables}
        return self.http.post("/graphql", json=sent, headers=headers).json()

    def data(self, query: str, token: str = "", **variables: Any) -> dict[str, Any]:
        answer = self.graphql(query, token, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


def table(text: str) -> list[dict[str, str]]:
    """Rows of a TSV; lines of its head begin with #."""
    plain = "".join(line for line in io.StringIO(text, newline="\n") if not line.startswith("#"))
    return list(csv.DictReader(io.StringIO(plain), delimiter="\t", quoting=csv.QUOTE_NONE))


def know(store: Store) -> None:
    """Adds what is known and not measured."""
    for label, row in KNOWN.items():
        write_nodes(store, label, [row], source="hours", run="hours")
