"""GET /report: an answer as one HTML page to take along (``kg.report``).

    GET /report?match=ID
    GET /report?model=NAME&disease=ID&level=gene&policy=one2one[&match=ID]

Computed as ``explain`` is, in the same turns and the same time.
"""

from fastapi import APIRouter, Request, Response

from api.access.text import unfit
from api.graphql.context import Backend
from api.graphql.node import curie_of
from api.http.refused import refusal
from kg.errors import ContractError, Issue, KgError
from kg.match.compared import MAIN
from kg.report.contents import model_report
from kg.report.page import page

_KINDS = {"match": "Match", "model": "DiseaseModel", "disease": "Disease"}
_NAMES = (*_KINDS, "level", "policy")
_LONGEST = 500
_HEADERS = {
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "content-disposition": 'inline; filename="report.html"',
    "cache-control": "no-store",
}


def report_router(backend: Backend) -> APIRouter:
    router = APIRouter()

    @router.get("/report")
    async def report(request: Request) -> Response:
        try:
            asked = _asked(request)
            made = await backend.compute(
                lambda: page(
                    model_report(
                        backend.store,
                        backend.signatures,
                        model=asked.get("model"),
                        match=asked.get("match"),
                        disease=asked.get("disease"),
                        level=asked.get("level", MAIN),
                        policy=asked.get("policy", "one2one"),
                    )
                ),
                backend.limits.seconds,
            )
        except KgError as error:
            return refusal(error)
        return Response(made.encode("utf-8", "replace"), headers=_HEADERS, media_type="text/html; charset=utf-8")

    return router


def _asked(request: Request) -> dict[str, str]:
    """Raises ContractError ARGUMENT."""
    given = dict(request.query_params)
    issues = [
        Issue(name[:40], "ARGUMENT: a known name", value[:40], f"use {', '.join(_NAMES)}")
        for name, value in given.items()
        if name not in _NAMES
    ]
    issues += [
        Issue(name[:40], f"ARGUMENT: a text of at most {_LONGEST} characters", value[:40], "shorten it")
        for name, value in given.items()
        if len(value) > _LONGEST or unfit(value)
    ]
    if not given.get("match") and not given.get("model"):
        issues.append(Issue("report", "ARGUMENT: a match or a model is named", "none", "add match=ID or model=NAME"))
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return {
        name: curie_of(_KINDS[name], value, name) if name in _KINDS else value for name, value in given.items() if value
    }
