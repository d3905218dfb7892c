"""All features of a match, as a table and as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from kg.export.tables import Tsv
from kg.jobs.child import Work
from kg.signatures.store import SignatureStore
from kg.store.driver import home
from kg.verdict.explain import Part, explain


def run(work: Work) -> Mapping[str, Any]:
    """Writes ``parts.tsv``, one row per feature, sorted by the size of its contribution, and ``explanation.json``."""
    work.progress(0, 2, "scoring the match")
    found = explain(work.store, SignatureStore(home() / "signatures"), work.arguments["match"])
    work.progress(1, 2, "writing")
    with Tsv(work.result("parts.tsv", "text/tab-separated-values"), [f.name for f in fields(Part)]) as out:
        for part in found.parts:
            out.write(asdict(part))
    told = json.dumps(found.to_json(), ensure_ascii=False)
    work.result("explanation.json", "application/json").write_text(told, encoding="utf-8")
    work.progress(2, 2, "explained")
    return {
        "match": found.match,
        "status": found.status,
        "reason": found.reason,
        "score": found.score,
        "p": found.p,
        "features": len(found.parts),
    }
