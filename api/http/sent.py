"""The body of a request that is a JSON object."""

import json
from collections.abc import Collection
from typing import Any

from starlette.requests import Request

from api.access.text import unfit_value
from kg.errors import ContractError, Issue


async def sent_object(request: Request, names: Collection[str], example: str) -> dict[str, Any]:
    """What it holds, of these ``names`` and no others. A page of another site can send a form, but no JSON, without
    being asked first. Raises ContractError ARGUMENT."""
    issues = []
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        found = request.headers.get("content-type", "none")
        raise _wrong([Issue("content-type", "the body is JSON", found, "send application/json")])
    try:
        sent = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise _wrong([Issue("body", "the body is JSON", "something else", f"send {example}")]) from None
    if not isinstance(sent, dict):
        raise _wrong([Issue("body", "the body is a JSON object", type(sent).__name__, f"send {example}")])
    if unknown := sorted(set(sent) - set(names)):
        issues.append(Issue(unknown[0][:40], " and ".join(names), "another name", "leave it out"))
    if why := unfit_value(sent):
        issues.append(Issue("body", "the store can take it", f"what {why}", "leave that out"))
    if issues:
        raise _wrong(issues)
    return sent


def _wrong(issues: list[Issue]) -> ContractError:
    return ContractError(issues, code="ARGUMENT")
