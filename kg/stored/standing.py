"""What stands in a graph at one time: its stored verdicts, and what each of them stands on."""

from dataclasses import dataclass
from typing import LiteralString

from kg.sides.catalog import Catalog
from kg.store.driver import Store

_MATCHES: LiteralString = """
MATCH (k:Match)-[:MATCH_OF {side: 'mouse'}]->(m:Contrast)
MATCH (k)-[:MATCH_OF {side: 'human'}]->(h:Contrast)-[:POOL_OF]->(s:DiseaseState)
RETURN k {.id, .level, .policy, .disease, .status, .score, .p, .q, .exploratory_p, .axes_out_score, .axes_out_p,
  .axes_source,
  .family_size, .n_features, .specificity} AS match, m.id AS mouse, m.label AS mouse_label, s.id AS state, h.label AS
    human_label
ORDER BY k.id
"""
_POOLS: LiteralString = """
MATCH (h:Contrast)-[:POOL_OF]->(s:DiseaseState) OPTIONAL MATCH (h)-[:POOLS]->(c:Contrast)
RETURN s.id AS state, collect(c.id) AS cohorts
"""
_LENDERS: LiteralString = (
    "MATCH (c:Contrast)-[:NOISE_FROM]->(r:NoiseReference) RETURN c.id AS contrast, r.id AS reference"
)
NUMBERS = ("score", "p", "q", "exploratory_p", "axes_out_score", "axes_out_p")


@dataclass(frozen=True)
class Stored:
    """A stored match: who meets whom, its verdict and its numbers (``NUMBERS``, None where there is none)."""

    id: str
    mouse: str
    mouse_label: str
    state: str
    human_label: str
    level: str
    policy: str
    disease: str
    status: str
    score: float | None
    p: float | None
    q: float | None
    exploratory_p: float | None
    axes_out_score: float | None
    axes_out_p: float | None
    axes_source: str
    family_size: int
    n_features: int
    specificity: str


@dataclass(frozen=True)
class Standing:
    """``pools``: state -> its pooled cohorts; ``lenders``: contrast -> the reference that lends it noise; ``objects``:
    id of everything in the signature store -> hash of its content; ``code``: what the derivation calls itself."""

    matches: dict[str, Stored]
    catalog: Catalog
    pools: dict[str, frozenset[str]]
    lenders: dict[str, str]
    objects: dict[str, str]
    code: str

    @classmethod
    def read(cls, store: Store, objects: dict[str, str]) -> "Standing":
        made = {row["match"]["id"]: _stored(row) for row in store.read(_MATCHES)}
        pools = {row["state"]: frozenset(row["cohorts"]) for row in store.read(_POOLS)}
        lenders = {row["contrast"]: row["reference"] for row in store.read(_LENDERS)}
        source = store.read("MATCH (s:Source {id: 'derived'}) RETURN s.version AS version")
        code = (source[0]["version"] or "").partition("; cards ")[0] if source else ""
        return cls(made, Catalog.read(store), pools, lenders, objects, code)


def _stored(row: dict) -> Stored:
    k = row["match"]
    return Stored(
        id=k["id"],
        mouse=row["mouse"],
        mouse_label=row["mouse_label"] or row["mouse"],
        state=row["state"],
        human_label=row["human_label"] or row["state"],
        level=k["level"],
        policy=k["policy"],
        disease=k["disease"],
        status=k["status"],
        axes_source=k.get("axes_source") or "",
        family_size=k.get("family_size") or 0,
        n_features=k.get("n_features") or 0,
        specificity=k.get("specificity") or "",
        **{name: k.get(name) for name in NUMBERS},
    )
