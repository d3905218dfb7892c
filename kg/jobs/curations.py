"""Curations by whoever has the graph open: where this process may only read the store, a proposal or a review is
passed to the process that writes it (``inbox``), so that ``orthokg curate`` works beside a running server."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from kg.curate import curation
from kg.jobs import inbox
from kg.schema.match import Curation
from kg.store.driver import Store

REQUESTS = ("propose", "review")


def propose(
    store: Store,
    *,
    about: tuple[str, ...],
    verdict: str,
    why: str,
    who: str,
    release: str = "",
    supersedes: str | None = None,
) -> Curation:
    """:func:`kg.curate.curation.propose`. Raises what that does, and KgError NO_WORKER."""
    given = {
        "about": list(about),
        "verdict": verdict,
        "why": why,
        "who": who,
        "release": release,
        "supersedes": supersedes,
    }
    if not store.writes:
        return Curation(**inbox.ask(store.home, {"do": "propose", **given}))
    return curation.propose(store, **{**given, "about": about})


def review(store: Store, key: str, *, accept: bool, who: str, why: str = "") -> Curation:
    """:func:`kg.curate.curation.review`. Raises what that does, and KgError NO_WORKER."""
    given = {"accept": accept, "who": who, "why": why}
    if not store.writes:
        return Curation(**inbox.ask(store.home, {"do": "review", "curation": key, **given}))
    return curation.review(store, key, **given)


def answer(store: Store, request: Mapping[str, Any]) -> dict[str, Any]:
    """Carries out a request from the inbox. Raises KgError."""
    given = {name: value for name, value in request.items() if name != "do"}
    if request["do"] == "propose":
        return asdict(curation.propose(store, **{**given, "about": tuple(given["about"])}))
    return asdict(curation.review(store, given.pop("curation"), **given))
