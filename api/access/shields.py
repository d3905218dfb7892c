"""What a browser is told and kept from: where a page may load from, and which other pages may ask here."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.refusal import answer_error
from kg.errors import ContractError, Issue

# Charts and GraphiQL set styles on elements; scripts come as files from here, and from nowhere else.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def read_origins(environ: Mapping[str, str]) -> tuple[str, ...]:
    """``ORTHOKG_CORS_ORIGINS``: origins such as ``https://app.example``, separated by commas; none when it is not
    set."""
    given = [each.strip() for each in environ.get("ORTHOKG_CORS_ORIGINS", "").split(",") if each.strip()]
    issues = []
    for origin in given:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or f"{parts.scheme}://{parts.netloc}" != origin:
            fix = "name each one, as https://app.example; not *"
            issues.append(Issue("ORTHOKG_CORS_ORIGINS", "lists origins", origin, fix))
    if issues:
        raise ContractError(issues)
    return tuple(given)


class Shields:
    """Headers on every answer, and no request that a page of another origin made, unless it is listed."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]):
        self.app, self._origins = app, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if self._foreign(Headers(scope=scope)):
            text = "Pages of other origins may send requests here only if ORTHOKG_CORS_ORIGINS lists them."
            await answer_error(403, "FOREIGN_ORIGIN", text)(scope, receive, shielded)
            return
        await self.app(scope, receive, shielded)

    def _foreign(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        return origin is not None and origin not in self._origins and urlsplit(origin).netloc != headers.get("host")
