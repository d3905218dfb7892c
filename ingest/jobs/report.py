"""The report of a question, as one HTML file."""

from collections.abc import Mapping
from typing import Any

from kg.jobs.child import Work
from kg.report.contents import model_report
from kg.report.page import page
from kg.signatures.store import SignatureStore
from kg.store.driver import home


def run(work: Work) -> Mapping[str, Any]:
    """Writes ``report.html``."""
    given = work.arguments
    work.progress(0, 2, "asking")
    found = model_report(
        work.store,
        SignatureStore(home() / "signatures"),
        model=given.get("model"),
        match=given.get("match"),
        disease=given.get("disease"),
        level=given["level"],
        policy=given["policy"],
    )
    work.progress(1, 2, "writing")
    work.result("report.html", "text/html").write_text(page(found), encoding="utf-8")
    work.progress(2, 2, "written")
    return {"headline": found.headline, "matches": len(found.answer.matches), "in_full": len(found.shown)}
