"""The methods paragraph of a report: how its numbers were made, for a paper."""

from kg.match.compared import LEVELS
from kg.report.contents import Report
from kg.report.markup import Markup, el

_POLICIES = {"one2one": "one-to-one orthologs"}


def methods(report: Report) -> Markup:
    """Two paragraphs, of the first match in full: level, orthologs, test, noise, family and specificity."""
    r = report.shown[0].record if report.shown else None
    if r is None:
        return el("section", el("h2", "Methods"), el("p", "No match was tested."), id="methods")
    orthologs = _POLICIES.get(r.policy, f"orthologs by the policy {r.policy}")
    one = (
        f"{LEVELS[r.level].doc[:1].upper()}{LEVELS[r.level].doc[1:]} were compared between the two sides over"
        f" {orthologs} ({r.n_features:,} features in the first match; genes engineered in a model left out). The score"
        " r is the correlation of the two centred vectors of moderated effects. Its p comes from a joint null, which"
        " takes the noise of both sides into account: residuals of a study's own samples where their counts are"
        " available, else those of a healthy reference of the same species and tissue, whose type-I error was measured."
        f" p is two-sided, from Student's t ({r.df} degrees of freedom in the first match), and q is"
        " Benjamini-Hochberg over a family fixed before scoring."
    )
    two = (
        "A match is SUPPORTED where q is at most .05, the sign agrees, and something is left of it given each other"
        " disease state that takes part, each by itself; NONSPECIFIC where one of them leaves nothing. A state takes"
        " part where it is found on both sides along the same direction; one that is not found is called unlike only"
        " where it would have been found with a power of at least .9, else too weak to tell. Changes alike are the"
        " conjunction of the two sides' tests, the larger one-sided p, at a false discovery rate of .05."
        f" Methods: {r.method}."
    )
    return el("section", el("h2", "Methods"), el("p", one), el("p", two), id="methods")
