"""The explorer page at ``/``: files of this package and plotly's script, named by what is in them, cached for good."""

import gzip
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files

from fastapi import APIRouter, Request, Response

from api.http.declared import script

KINDS = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FOREVER = "public, max-age=31536000, immutable"
# plotly sets styles of what it draws; nothing else than files of this server is run or loaded
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


@dataclass(frozen=True)
class Asset:
    """One file as it is sent. ``tag``: what the browser compares to see whether it has it."""

    body: bytes
    kind: str

    @cached_property
    def tag(self) -> str:
        return f'"{sha256(self.body).hexdigest()[:20]}"'

    @cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.body, 6, mtime=0)

    def answer(self, request: Request, caching: str, **headers: str) -> Response:
        told = {"etag": self.tag, "cache-control": caching, "vary": "accept-encoding", **SAFE, **headers}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=told)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.body, headers=told, media_type=self.kind)
        return Response(self.packed, headers={**told, "content-encoding": "gzip"}, media_type=self.kind)


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Path below ``api/explorer`` -> file, read once a process; ``js/declared.js`` is made."""
    found: dict[str, Asset] = {}
    folders = [("", files("api") / "explorer")]
    while folders:
        above, folder = folders.pop()
        for entry in folder.iterdir():
            kind = entry.name.rpartition(".")[2]
            if entry.is_dir() and entry.name != "screenshots":
                folders.append((f"{above}{entry.name}/", entry))
            elif kind in KINDS:
                found[above + entry.name] = Asset(entry.read_bytes(), KINDS[kind])
    found["js/declared.js"] = Asset(script(), KINDS["js"])
    return dict(sorted(found.items()))


@lru_cache(maxsize=1)
def plotly() -> Asset:
    return Asset((files("plotly") / "package_data" / "plotly.min.js").read_bytes(), KINDS["js"])


@lru_cache(maxsize=1)
def front() -> tuple[str, Asset]:
    """The key that stands in every address of a file, and the page with the addresses of its files."""
    held = assets()
    key = sha256("".join(f"{path}{asset.tag}" for path, asset in held.items()).encode()).hexdigest()[:12]
    scripts = (path for path in held if path.endswith(".js"))
    preload = "\n".join(f'<link rel="modulepreload" href="/explorer/{key}/{path}">' for path in scripts)
    text = held["index.html"].body.decode()
    for mark, value in {"@preload@": preload, "@files@": f"/explorer/{key}", "@plotly@": version("plotly")}.items():
        text = text.replace(mark, value)
    return key, Asset(text.encode(), KINDS["html"])


router = APIRouter()


@router.get("/")
async def page(request: Request) -> Response:
    return front()[1].answer(request, "no-cache", **{"content-security-policy": POLICY})


@router.get("/explorer/plotly-{number}.min.js")
async def plotly_script(request: Request, number: str) -> Response:
    return _file(request, plotly() if number == version("plotly") else None)


@router.get("/explorer/{key}/{path:path}")
async def file(request: Request, key: str, path: str) -> Response:
    return _file(request, assets().get(path) if key == front()[0] else None)


def _file(request: Request, asset: Asset | None) -> Response:
    if asset is None:
        return Response("There is no such file here.\n", 404, SAFE, "text/plain; charset=utf-8")
    return asset.answer(request, FOREVER)
