"""What can be seen of the server from outside: a metric and a line of JSON in the log for each request, under one
id."""

import json
import logging
import re
import secrets
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.sockets.bursts import QuietFile, QuietStream

ID_HEADER = "X-Request-ID"
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_COSTS = (10, 100, 1_000, 5_000, 10_000, 50_000)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS")
_PRIVATE = ("/uploads", "/jobs")
_current: ContextVar[str | None] = ContextVar("request_id", default=None)
access = logging.getLogger("orthokg.access")


@dataclass
class Seen:
    """One request, as far as it is known."""

    id: str
    started: float = field(default_factory=time.perf_counter)
    status: int = 500
    cost: int | None = None
    codes: list[str] = field(default_factory=list)


def noted(scope: Scope, *, cost: int | None = None, codes: Iterable[str] = ()) -> None:
    """Says of the request in ``scope`` what its query cost and which errors it was answered with."""
    seen: Seen = scope["seen"]
    seen.cost = cost
    seen.codes += codes


class Metrics:
    def __init__(self) -> None:
        self.registry = kept = CollectorRegistry()
        ProcessCollector(registry=kept)
        labels = ["method", "path", "status"]
        self.requests = Counter("orthokg_requests", "Requests answered", labels, registry=kept)
        self.seconds = Histogram(
            "orthokg_request_seconds", "Time to an answer", ["path"], buckets=_SECONDS, registry=kept
        )
        self.errors = Counter("orthokg_errors", "Errors in answers, by code", ["code"], registry=kept)
        self.cost = Histogram("orthokg_query_cost", "Cost of queries", buckets=_COSTS, registry=kept)
        self.in_flight = Gauge("orthokg_requests_in_flight", "Requests being answered", registry=kept)

    def saw(self, scope: Scope, seen: Seen, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        path = f"/{scope['path'].split('/')[1]}" if "endpoint" in scope else "other"
        self.requests.labels(method, path, str(seen.status)).inc()
        self.seconds.labels(path).observe(seconds)
        for code in seen.codes:
            self.errors.labels(code).inc()
        if seen.cost is not None:
            self.cost.observe(seen.cost)

    async def page(self, _: Request) -> Response:
        return Response(generate_latest(self.registry), headers={"content-type": METRICS_TYPE})


class Watch:
    """The outermost layer: names the request, and counts and logs it when it has been answered."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self.app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(ID_HEADER, "")
        seen = scope["seen"] = Seen(given if _ID.fullmatch(given) else secrets.token_hex(8))

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                MutableHeaders(scope=message)[ID_HEADER] = seen.id
            await send(message)

        token = _current.set(seen.id)
        self._metrics.in_flight.inc()
        try:
            await self.app(scope, receive, named)
        finally:
            self._metrics.in_flight.dec()
            seconds = time.perf_counter() - seen.started
            self._metrics.saw(scope, seen, seconds)
            _log(scope, seen, seconds)
            _current.reset(token)


def _log(scope: Scope, seen: Seen, seconds: float) -> None:
    principal = scope.get("principal")
    access.info(
        "request",
        extra={
            "fields": {
                "method": scope["method"][:16],
                "path": _shown(scope),
                "status": seen.status,
                "ms": round(seconds * 1000, 2),
                "who": principal.name if principal else None,
                "cost": seen.cost,
                "codes": sorted(set(seen.codes)),
            }
        },
    )


def _shown(scope: Scope) -> str:
    """The path; of what is one token's alone only the kind of address: no id, and no name of a file."""
    path = scope["path"]
    if not path.startswith(_PRIVATE):
        return path[:200]
    return getattr(scope.get("route"), "path", f"/{path.split('/')[1]}")[:200]


class JsonLines(logging.Formatter):
    """One JSON object a line, with the id of the request that it belongs to. No header and no query is ever in it."""

    def format(self, record: logging.LogRecord) -> str:
        made: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request": _current.get(),
        }
        made |= getattr(record, "fields", {})
        if repeated := getattr(record, "repeated", 0):
            made["repeated"] = repeated
        if record.exc_info:
            made["error"] = self.formatException(record.exc_info)
        return json.dumps(made)


def log_settings(
    level: str = "INFO", *, file: str | None = None, size: int = 16 << 20, files: int = 4
) -> dict[str, Any]:
    """For ``logging.config``: everything as JSON lines on standard error, or in ``file`` and its ``files`` - 1
    forerunners of ``size`` bytes; the lines of uvicorn, asyncio and the driver too."""
    handler = {"()": QuietFile, "filename": file, "size": size, "files": files} if file else {"()": QuietStream}
    names = ("orthokg", "uvicorn", "uvicorn.error")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"log": {**handler, "formatter": "json"}},
        "loggers": {name: {"handlers": ["log"], "level": level, "propagate": False} for name in names},
        "root": {"handlers": ["log"], "level": "WARNING"},
    }
