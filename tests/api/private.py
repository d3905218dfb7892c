"""Owners of private spaces as clients: who they are, and what they send."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

from api.access.auth import Tokens, new_token
from api.access.limits import Limits
from api.http.app import create_app
from kg.jobs.space import spaces
from kg.store.driver import Store

SECRET = "patient-mustermann.h5ad"
SCOPES = {"ada": ("read", "jobs"), "bob": ("read", "jobs"), "eve": ("read",)}


@dataclass
class Owner:
    """A client with the token of one name."""

    client: TestClient
    headers: dict[str, str]

    def ask(self, method: str, path: str, *, told: dict[str, str] | None = None, **more: Any) -> Any:
        return self.client.request(method, path, headers={**self.headers, **(told or {})}, **more)

    def begin(self, data: bytes, name: str = SECRET, **facts: Any) -> Any:
        sent = {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), **facts}
        return self.ask("POST", "/uploads", json=sent)

    def part(self, key: str, data: bytes, offset: int) -> Any:
        return self.ask("PATCH", f"/uploads/{key}", told={"upload-offset": str(offset)}, content=data)

    def sent(self, data: bytes, name: str = SECRET) -> str:
        """The id of a file that has come whole."""
        key = self.begin(data, name).json()["id"]
        answer = self.part(key, data, 0)
        assert (answer.status_code, answer.json()["complete"]) == (200, True), answer.text
        return key

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        return self.ask("POST", "/graphql", json={"query": query, "variables": variables}).json()

    def data(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = self.graphql(query, **variables)
        assert "errors" not in answer, answer
        return answer["data"]


def code(answer: Any) -> str:
    return answer.json()["errors"][0]["extensions"]["code"]


def entries() -> tuple[Tokens, dict[str, str]]:
    """Tokens of three owners, and the text of each."""
    made = {name: new_token(name, frozenset(scopes), None) for name, scopes in SCOPES.items()}
    return Tokens(tuple(entry for _, entry in made.values())), {name: token for name, (token, _) in made.items()}


@contextmanager
def owners(store: Store, limits: Limits | None = None) -> Iterator[dict[str, Owner]]:
    """Ada and Bob, who may have jobs, and Eve, who may not; at the end nothing of theirs is left."""
    tokens, texts = entries()
    app = create_app(store, store.home / "signatures", tokens=tokens, limits=limits)
    client = TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000))
    try:
        with client:
            yield {name: Owner(client, {"authorization": f"Bearer {text}"}) for name, text in texts.items()}
    finally:
        shutil.rmtree(spaces(store.home), ignore_errors=True)
