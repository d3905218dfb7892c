"""Features of all matches of an answer in one table: rows of one match (``kg.export.features``), each with its match.

TSV, line by line, so that an answer of any length takes the memory of one match. It begins with lines ``# name:
value`` (question, release, family), and ends with one ``# withheld`` for each match without features. Columns:
``match``, ``status``, ``model_label``, ``human_label``, those of ``kg.verdict.features.Feature``, and ``licence``.
"""

from collections.abc import Iterator
from typing import Any

from kg.errors import MethodError
from kg.export.features import COLUMNS, line, terms_of, told_line, values_of
from kg.records.match import Answer
from kg.sides.workspace import Workspace
from kg.store.driver import Store
from kg.verdict.explain import Verdict
from kg.verdict.features import features_of

_OF = ("match", "status", "model_label", "human_label")


def lines(store: Store, ws: Workspace, answer: Answer, *, alike: bool) -> Iterator[str]:
    """The table of an answer. ``ws``: the workspace that its question was asked in; ``alike``: only features that
    change alike on both sides."""
    facts = {"question": answer.question, "release": answer.release, "family": answer.family}
    yield from map(told_line, facts.items())
    yield line([*_OF, *COLUMNS, "licence"])
    withheld: list[tuple[str, Any]] = []
    for record in answer.matches:
        of = (record.id, str(record.status), record.mouse_label, record.human_label)
        try:
            found = features_of(store, ws, Verdict.of(record))
        except MethodError as error:
            withheld.append(("withheld", dict(zip(_OF, of, strict=True)) | {"why": str(error)}))
            continue
        licences = tuple(dict.fromkeys(each["licence"] for each in terms_of(store, found)))
        for row in found.rows:
            if row.alike or not alike:
                yield line([*of, *values_of(row), licences])
    yield from map(told_line, withheld)
