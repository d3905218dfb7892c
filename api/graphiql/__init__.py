"""GraphiQL at ``/graphiql``, from the files of the installed package graphene-django-graphiql-static: no network."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

_TYPES = {"css": "text/css; charset=utf-8", "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_OURS = ("start.js",)
_THEIRS = ("graphiql.min.css", "graphiql.min.js", "react-dom.production.min.js", "react.production.min.js")
_THEIR_FOLDER = "static/graphene_django_graphiql_static"


def _served(source: Traversable, seconds: int) -> Response:
    kind = source.name.rpartition(".")[2]
    headers = {"content-type": _TYPES[kind], "cache-control": f"max-age={seconds}"}
    return Response(source.read_bytes(), headers=headers)


async def _page(_: Request) -> Response:
    return _served(files("api.graphiql") / "page.html", 0)


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name in _OURS:
        return _served(files("api.graphiql") / name, 0)
    if name in _THEIRS:
        return _served(files("graphene_django_graphiql_static") / _THEIR_FOLDER / name, 86_400)
    raise HTTPException(404)


def routes() -> list[BaseRoute]:
    return [Route("/graphiql", _page, methods=["GET"]), Route("/graphiql/{name}", _file, methods=["GET"])]
