"""Who asks, and what they may do: bearer tokens kept as hashes, or nobody but this machine.

``ORTHOKG_TOKENS`` holds entries ``name:scopes:last-day:sha256``, separated by commas or new lines, or the path of a
file of them, one a line (``#`` starts a comment). Scopes are ``read`` (what applications ask, and what every other
address needs), ``curate`` (to judge matches and mappings), ``cypher`` (free queries) and ``jobs`` (to send files and
have long questions worked on), joined by ``+``; none holds another. The last day is a date in UTC, or ``never``.
``orthokg token`` makes a token and its entry.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from ipaddress import ip_address
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.refusal import answer_error
from kg.errors import ContractError, Issue, KgError

SCOPES = ("read", "curate", "cypher", "jobs")
OPEN_PATHS = frozenset({"/", "/docs", "/health", "/ready", "/graphiql"})
OPEN_FOLDERS = ("/docs/", "/explorer/", "/graphiql/")
_NAME = re.compile(r"[A-Za-z0-9][\w.@-]{0,63}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST = 512


@dataclass(frozen=True)
class Principal:
    """Who asks. ``name`` stands in the log and under what they curate."""

    name: str
    scopes: frozenset[str]

    def require(self, scope: str) -> None:
        """Raises KgError FORBIDDEN without ``scope``."""
        if scope not in self.scopes:
            raise KgError(
                f"This needs a token with the scope {scope}: ask the operator of this server.", code="FORBIDDEN"
            )


ANONYMOUS = Principal("anonymous", frozenset(SCOPES) - {"curate"})
"""Whoever asks from this machine where there are no tokens: what a curator says stands under a name."""


@dataclass(frozen=True)
class Entry:
    principal: Principal
    last_day: date | None
    sha256: str = field(repr=False)

    @property
    def text(self) -> str:
        scopes = "+".join(scope for scope in SCOPES if scope in self.principal.scopes)
        return f"{self.principal.name}:{scopes}:{self.last_day or 'never'}:{self.sha256}"


class Tokens:
    """The tokens that this server takes. None at all: whoever asks from this machine is ``ANONYMOUS``."""

    def __init__(self, entries: tuple[Entry, ...] = ()):
        self.entries = entries

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Tokens":
        """Raises ContractError with every entry that breaks the form; no message holds a hash."""
        text = environ.get("ORTHOKG_TOKENS", "").strip()
        if text and ":" not in text:
            try:
                text = Path(text).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                fix = "name a readable file, or give the entries themselves"
                raise ContractError(
                    [Issue("ORTHOKG_TOKENS", "entries, or a file of them", "no such file", fix)]
                ) from None
        lines = [line.partition("#")[0].strip() for line in re.split(r"[,\n]", text)]
        entries, issues = [], []
        for at, line in enumerate(lines, 1):
            if line:
                found = _entry(line, f"ORTHOKG_TOKENS, entry {at}")
                (issues if isinstance(found, Issue) else entries).append(found)
        names = [entry.principal.name for entry in entries]
        issues += [
            Issue("ORTHOKG_TOKENS", "a name has one token", name, "choose another name")
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        if issues:
            raise ContractError(issues)
        return cls(tuple(entries))

    def principal(self, token: str) -> Principal | None:
        """Whose token it is, if it is one and has not expired. Every entry is compared, each in constant time."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
        today, found = datetime.now(UTC).date(), None
        for entry in self.entries:
            if hmac.compare_digest(entry.sha256, digest) and (entry.last_day is None or today <= entry.last_day):
                found = entry.principal
        return found


def new_token(name: str, scopes: frozenset[str], last_day: date | None) -> tuple[str, Entry]:
    """A token of 256 random bits, which is kept nowhere, and its entry."""
    token = f"okg_{secrets.token_urlsafe(32)}"
    entry = _entry(
        Entry(Principal(name, scopes), last_day, hashlib.sha256(token.encode()).hexdigest()).text, "the new token"
    )
    if isinstance(entry, Issue):
        raise ContractError([entry])
    return token, entry


def _entry(line: str, where: str) -> Entry | Issue:
    name, *rest = (part.strip() for part in line.split(":"))
    if not _NAME.fullmatch(name):
        return Issue(where, "starts with a name", "none", "letters, digits and . _ - @, at most 64")
    if len(rest) != 3:
        return Issue(where, "has four parts", f"{len(rest) + 1} in that of {name}", "name:scopes:last-day:sha256")
    scopes = frozenset(rest[0].split("+"))
    if not scopes <= set(SCOPES):
        return Issue(where, f"scopes are {', '.join(SCOPES)}", f"others for {name}", "such as read+curate")
    try:
        last_day = None if rest[1] == "never" else date.fromisoformat(rest[1])
    except ValueError:
        return Issue(where, "a last day", f"none for {name}", "a date such as 2027-01-31, or never")
    if not _HASH.fullmatch(rest[2]):
        return Issue(where, "a sha256 in hex", f"something else for {name}", "never the token itself: orthokg token")
    return Entry(Principal(name, scopes), last_day, rest[2])


class Doorkeeper:
    """Lets in who may read, and sets ``scope["principal"]``. What is not listed as open needs the scope ``read``."""

    def __init__(self, app: ASGIApp, tokens: Tokens):
        self.app, self.tokens = app, tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        principal = self._principal(scope)
        if principal is None:
            message = "This needs a valid token that has not expired: Authorization: Bearer TOKEN."
            error = answer_error(401, "UNAUTHENTICATED", message, {"www-authenticate": "Bearer"})
            await error(scope, receive, send)
            return
        try:
            principal.require("read")
        except KgError as refused:
            await answer_error(403, refused.code, str(refused))(scope, receive, send)
            return
        scope["principal"] = principal
        await self.app(scope, receive, send)

    def _principal(self, scope: Scope) -> Principal | None:
        if not self.tokens.entries:
            return ANONYMOUS if from_this_machine(scope) else None
        given = Headers(scope=scope).getlist("authorization")
        kind, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        token = token.strip()
        if kind.lower() != "bearer" or not 0 < len(token) <= _LONGEST:
            return None
        return self.tokens.principal(token)


def is_open(path: str) -> bool:
    """Pages and their files hold no data, and a browser cannot send a token for them."""
    return path in OPEN_PATHS or (path.startswith(OPEN_FOLDERS) and ".." not in path)


def from_this_machine(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        return False
