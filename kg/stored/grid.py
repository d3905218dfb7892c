"""All models against all diseases: what the stored matches say of each model and each disease, in five queries
whatever the size of the graph."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, LiteralString

from kg.errors import ContractError, Issue
from kg.match.power import ENOUGH
from kg.match.verdict import Status
from kg.store.driver import Store

Answer = Literal["found", "no", "weak_no", "untestable"]
MOST = 100
MOST_DISEASES = 200
_MODELS: LiteralString = """
MATCH (m:DiseaseModel) WHERE $after IS NULL OR m.id > $after
RETURN m.id AS id, m.label AS label, COUNT { (m)<-[:OF_MODEL]-(:Contrast) } AS contrasts
ORDER BY id LIMIT $take
"""
_KNOWN: LiteralString = "MATCH (m:DiseaseModel {id: $id}) RETURN m.id AS id"
_COUNT: LiteralString = "MATCH (m:DiseaseModel) RETURN count(m) AS n"
_COUNT_DISEASES: LiteralString = "MATCH (:DiseaseState)-[:HAS_DISEASE]->(d:Disease) RETURN count(DISTINCT d) AS n"
_DISEASES: LiteralString = """
MATCH (s:DiseaseState)-[:HAS_DISEASE]->(d:Disease)
RETURN d.id AS id, d.label AS label, count(DISTINCT s) AS states ORDER BY label, id LIMIT $take
"""
_MATCHES: LiteralString = """
UNWIND $models AS id
MATCH (:DiseaseModel {id: id})<-[:OF_MODEL]-(m:Contrast)<-[:MATCH_OF {side: 'mouse'}]-(k:Match)
WHERE k.level = $level AND k.policy = 'one2one'
MATCH (k)-[:MATCH_OF {side: 'human'}]->(:Contrast)-[:POOL_OF]->(s:DiseaseState)-[:HAS_DISEASE]->(d:Disease)
RETURN id AS model, d.id AS disease, m.id AS contrast, s.id AS state, k.disease AS asked, k.id AS match,
  k.status AS status, k.p AS p, k.score AS score, k.power AS power
"""
_LEADS: LiteralString = """
UNWIND $matches AS id
MATCH (k:Match {id: id})
RETURN id, k.sentence AS sentence, k.reason AS reason, k.status_line AS line, k.q AS q
"""
_TELLING = (Status.SUPPORTED, Status.NONSPECIFIC, Status.DISCORDANT, Status.NOT_SUPPORTED, Status.UNTESTABLE)


@dataclass(frozen=True)
class GridModel:
    """A model; ``contrasts``: how many are measured, 0 where no match is possible."""

    curie: str
    label: str
    contrasts: int


@dataclass(frozen=True)
class GridDisease:
    """A disease of human states; ``states``: how many are in the graph."""

    curie: str
    label: str
    states: int


@dataclass(frozen=True)
class GridCell:
    """What is stored of a model and a disease.

    ``answer``: found (significant, of whatever sign), no, weak_no (power below .8 or not known) or untestable;
    ``status``: of ``match``, the most telling one; ``pairs``: contrasts of the model x states of the disease, and how
    many of them have each status; ``asked``: disease that the match was asked under; ``power``: of a no, at a true r
    of .3.
    """

    model: str
    disease: str
    answer: Answer
    status: Status
    pairs: int
    supported: int
    nonspecific: int
    discordant: int
    not_supported: int
    untestable: int
    match: str
    asked: str
    sentence: str
    reason: str
    status_line: str
    score: float | None
    q: float | None
    power: float | None


@dataclass(frozen=True)
class Grid:
    """``cells``: of models on this page; a model and a disease without a cell were not tested, since no match of the
    two is stored. ``known``: number of all models; ``known_diseases``: of all diseases, of which the first 200 by name
    are columns; ``following``: curie to continue after, empty at the end."""

    models: tuple[GridModel, ...]
    diseases: tuple[GridDisease, ...]
    cells: tuple[GridCell, ...]
    known: int
    known_diseases: int
    following: str


def grid(store: Store, *, level: str, first: int = MOST, after: str | None = None) -> Grid:
    """A page of models, by id, against all diseases (the first 200 by name), at one level and the policy one2one.
    Raises ContractError ARGUMENT."""
    if not 1 <= first <= MOST:
        raise ContractError([Issue("first", f"1 to {MOST}", str(first), "ask for fewer models")], code="ARGUMENT")
    if after is not None and not store.read(_KNOWN, id=after):
        rule = "`following` of an earlier page"
        raise ContractError([Issue("after", rule, after[:80], "ask for the first page again")], code="ARGUMENT")
    rows = store.read(_MODELS, after=after, take=first + 1)
    models = tuple(GridModel(row["id"], row["label"] or row["id"], row["contrasts"]) for row in rows[:first])
    diseases = tuple(
        GridDisease(row["id"], row["label"] or row["id"], row["states"])
        for row in store.read(_DISEASES, take=MOST_DISEASES)
    )
    found = store.read(_MATCHES, models=[m.curie for m in models if m.contrasts], level=level)
    shown = {each.curie for each in diseases}
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in _of_one_family(found):
        if row["disease"] in shown:
            groups[row["model"], row["disease"]].append(row)
    leads = {key: min(group, key=_place) for key, group in groups.items()}
    told = {row["id"]: row for row in store.read(_LEADS, matches=[each["match"] for each in leads.values()])}
    cells = tuple(_cell(key, groups[key], lead, told.get(lead["match"], {})) for key, lead in sorted(leads.items()))
    (count,), (all_diseases,) = store.read(_COUNT), store.read(_COUNT_DISEASES)
    following = models[-1].curie if len(rows) > first else ""
    return Grid(models, diseases, cells, count["n"], all_diseases["n"], following)


def _of_one_family(rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Each pair of a contrast and a state once: as it was asked under the disease of the state, where it was."""
    best: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (row["asked"] != row["disease"], row["asked"] or "", row["match"])):
        best.setdefault((row["model"], row["contrast"], row["state"]), row)
    return best.values()


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The most telling match first; of those that found nothing, the one that could have found most."""
    status = Status(row["status"])
    power = -(row["power"] or 0.0) if status == Status.NOT_SUPPORTED else 0.0
    p = 1.0 if row["p"] is None else row["p"]
    return _TELLING.index(status), power, p, -abs(row["score"] or 0.0), row["match"]


def _cell(
    key: tuple[str, str], group: list[dict[str, Any]], lead: Mapping[str, Any], told: Mapping[str, Any]
) -> GridCell:
    count = Counter(str(row["status"]) for row in group)
    model, disease = key
    return GridCell(
        model=model,
        disease=disease,
        answer=_answer(lead),
        status=Status(lead["status"]),
        pairs=len(group),
        supported=count[Status.SUPPORTED],
        nonspecific=count[Status.NONSPECIFIC],
        discordant=count[Status.DISCORDANT],
        not_supported=count[Status.NOT_SUPPORTED],
        untestable=count[Status.UNTESTABLE],
        match=lead["match"],
        asked=lead["asked"] or "",
        sentence=told.get("sentence") or "",
        reason=told.get("reason") or "",
        status_line=told.get("line") or lead["status"],
        score=lead["score"],
        q=told.get("q"),
        power=lead["power"],
    )


def _answer(lead: Mapping[str, Any]) -> Answer:
    if lead["status"] == Status.UNTESTABLE:
        return "untestable"
    if lead["status"] != Status.NOT_SUPPORTED:
        return "found"
    return "no" if (lead["power"] or 0.0) >= ENOUGH else "weak_no"
