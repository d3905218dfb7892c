"""What one request may ask for: bounds on its text, its shape, its time, and how much work runs at once."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.errors import ContractError, Issue, KgError

LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
PAGE = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """``depth``, ``fields`` and ``aliases`` are counted with fragments written out; ``tokens`` in the text as sent.
    ``seconds`` a request may take; ``workers`` questions run at once and ``waiting`` more may stand in line.
    ``cypher_rows`` and ``cypher_seconds`` bound a curator's own query."""

    body_bytes: int = 64 * 1024
    tokens: int = 1000
    depth: int = 15
    fields: int = 500
    aliases: int = 15
    seconds: float = 30.0
    workers: int = 4
    waiting: int = 32
    cypher_rows: int = 1000
    cypher_seconds: float = 20.0


def exceeded(what: str, limit: float, remedy: str) -> KgError:
    return KgError(f"{what}: at most {limit:g} here. {remedy}", code=LIMIT_EXCEEDED)


@dataclass(frozen=True)
class _Size:
    depth: int = 0
    fields: int = 0
    aliases: int = 0

    def beside(self, other: "_Size") -> "_Size":
        return _Size(max(self.depth, other.depth), self.fields + other.fields, self.aliases + other.aliases)


def shape_rule(limits: Limits) -> type[ValidationRule]:
    """The rule that holds depth, fields and aliases of each operation. Fragments are measured once, so a document of
    fragments that double one another costs no more to refuse than to read."""

    class ShapeRule(ValidationRule):
        def __init__(self, context: ValidationContext):
            super().__init__(context)
            self._fragments: dict[str, _Size] = {}

        def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
            size = self._measure(node.selection_set)
            for what in ("depth", "fields", "aliases"):
                found, limit = getattr(size, what), getattr(limits, what)
                if found > limit:
                    text = f"This query's {what}: {found}; at most {limit} here. Ask for less, or in several requests."
                    extensions = {"code": LIMIT_EXCEEDED, "limit": limit, "found": found}
                    self.report_error(GraphQLError(text, node, extensions=extensions))

        def _measure(self, selections: SelectionSetNode | None) -> _Size:
            size = _Size()
            for node in selections.selections if selections else ():
                if isinstance(node, FieldNode):
                    inner = self._measure(node.selection_set)
                    size = size.beside(
                        _Size(inner.depth + 1, inner.fields + 1, inner.aliases + (node.alias is not None))
                    )
                elif isinstance(node, InlineFragmentNode):
                    size = size.beside(self._measure(node.selection_set))
                elif isinstance(node, FragmentSpreadNode):
                    size = size.beside(self._fragment(node.name.value))
            return size

        def _fragment(self, name: str) -> _Size:
            if name not in self._fragments:
                self._fragments[name] = _Size()  # a fragment inside itself counts once; GraphQL's own rule refuses it
                found = self.context.get_fragment(name)
                self._fragments[name] = self._measure(found.selection_set) if found else _Size()
            return self._fragments[name]

    return ShapeRule


def page(rows: Sequence[T], key: Callable[[T], str], first: int, after: str | None) -> list[T]:
    """``first`` rows (1 to 100) that follow the row whose key is ``after``."""
    if first > PAGE:
        raise exceeded(f"first: {first}", PAGE, "Ask for the next page with after.")
    if first < 1:
        raise ContractError([Issue("first", "a page has rows", str(first), f"use 1 to {PAGE}")], code="ARGUMENT")
    if after is None:
        return list(rows[:first])
    for at, row in enumerate(rows):
        if key(row) == after:
            return list(rows[at + 1 : at + 1 + first])
    fix = "use the key of the last row that you have"
    raise ContractError([Issue("after", "names a row of this list", after, fix)], code="ARGUMENT")


class BodyLimit:
    """Refuses a body above ``size`` bytes before anything parses it, whether or not its length was announced."""

    def __init__(self, app: ASGIApp, size: int):
        self.app, self.size = app, size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self.size:
                await _refuse(send, f"The body of a request: at most {self.size} bytes here. Send a smaller query.")
                return
        messages: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        await self.app(scope, again, send)


async def _refuse(send: Send, message: str) -> None:
    text = json.dumps({"data": None, "errors": [{"message": message, "extensions": {"code": LIMIT_EXCEEDED}}]})
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
