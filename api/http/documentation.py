"""The documentation at ``/docs``: what ``make docs`` builds of ``api/docs/pages`` and the wheel brings, read once.

A page is looked up among the files that were built, so that no address leads out of them. The theme has a few lines of
script in each page; they are allowed by their hashes, and no other script runs than these and the files of this server.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.http.explorer import KINDS, SAFE, Asset

NOT_BUILT = "The documentation is not built here: run  make docs  in the clone, and start the server again.\n"
NO_PAGE = "There is no such page here: see /docs/ for all pages.\n"
BUILT_KINDS = KINDS | {"json": "application/json", "png": "image/png"}
_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_HOUR = "public, max-age=3600"


@dataclass(frozen=True)
class Page(Asset):
    """A file of the documentation; ``scripts``: what the policy says of the lines of script in it."""

    scripts: str = ""

    @property
    def policy(self) -> str:
        return (
            f"default-src 'none'; script-src 'self'{self.scripts}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; "
            "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )


def allowed(page: bytes) -> str:
    """The lines of script in a page, as sources of a content policy."""
    hashes = (b64encode(sha256(text).digest()).decode() for text in _INLINE.findall(page))
    return "".join(f" 'sha256-{each}'" for each in dict.fromkeys(hashes))


def read_pages(site: Traversable) -> dict[str, Page]:
    """Path below ``/docs/`` -> file; a folder's ``index.html`` also by the folder's name. Empty if not built."""
    found: dict[str, Page] = {}
    folders = [("", site)] if site.is_dir() else []
    while folders:
        above, folder = folders.pop()
        for entry in folder.iterdir():
            kind = entry.name.rpartition(".")[2]
            if entry.is_dir():
                folders.append((f"{above}{entry.name}/", entry))
            elif kind in BUILT_KINDS:
                body = entry.read_bytes()
                page = Page(body, BUILT_KINDS[kind], allowed(body) if kind == "html" else "")
                found[above + entry.name] = page
                if entry.name == "index.html":
                    found[above] = page
    return found


def router(site: Traversable | None = None) -> APIRouter:
    """Routes of ``/docs`` over a built site, by default that of this package; it is read when it is first asked for."""
    routes = APIRouter()

    @cache
    def pages() -> dict[str, Page]:
        return read_pages(site or files("api") / "docs" / "site")

    @routes.get("/docs")
    async def front() -> Response:
        return RedirectResponse("/docs/", headers=SAFE) if pages() else _absent(NOT_BUILT)

    @routes.get("/docs/{path:path}")
    async def page(request: Request, path: str) -> Response:
        if not pages():
            return _absent(NOT_BUILT)
        found = pages().get(path)
        if found is None:
            return RedirectResponse(f"/docs/{path}/", headers=SAFE) if f"{path}/" in pages() else _absent(NO_PAGE)
        kept = _HOUR if path.startswith("assets/") else "no-cache"
        return found.answer(request, kept, **{"content-security-policy": found.policy})

    return routes


def _absent(text: str) -> Response:
    return Response(text, 404, SAFE, "text/plain; charset=utf-8")
