"""Which media type an answer has, by what the request accepts, and what follows for its status and its body.

``application/json`` is 200 whenever the request could be read; ``application/graphql-response+json`` tells by the
status that nothing was run, and then has no ``data`` (the GraphQL-over-HTTP specification, sections 6.2 to 6.4).
"""

from typing import Any

JSON, RESPONSE = "application/json", "application/graphql-response+json"


def media_type(accept: str) -> str:
    """The GraphQL type where it is named and no less wanted than plain JSON; plain JSON for any other ``Accept``, or
    none."""
    weights: dict[str, float] = {}
    for each in accept.lower().split(","):
        name, *parameters = (part.strip() for part in each.split(";"))
        weights[name] = max(weights.get(name, 0.0), _weight(parameters))
    wanted = weights.get(RESPONSE, 0.0)
    return RESPONSE if wanted > 0 and wanted >= weights.get(JSON, 0.0) else JSON


def shaped(kind: str, body: dict[str, Any], status: int) -> tuple[dict[str, Any], int]:
    """Body and status of an answer for its media type. An error without a path is one of the request: nothing was
    run."""
    errors = body.get("errors") or ()
    if kind == JSON or body.get("data") is not None or any("path" in error for error in errors):
        return body, status
    return {"errors": list(errors)}, 400 if status == 200 else status


def _weight(parameters: list[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
