"""Why a match has its score: every feature's part, the orthologs and noise behind it, and the numbers to recompute
it."""

from dataclasses import asdict, dataclass, replace
from typing import Any, LiteralString, cast

from kg.curate.curation import curations_of
from kg.curie import HUMAN
from kg.errors import MethodError, UnknownTermError
from kg.match.compared import BROUGHT, BY_GENE
from kg.match.orthology import Policy
from kg.match.space import Space
from kg.schema.match import Curation, MatchRecord
from kg.sides.basis import stands
from kg.sides.brought import bring_sets
from kg.sides.catalog import Catalog, ContrastInfo
from kg.sides.human import StateSide, alone, state_side
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.tables.gene_sets import GeneSetFile
from kg.verdict.brought import pair_of, with_sets
from kg.verdict.family import family
from kg.verdict.record import METHOD
from kg.verdict.score import score_side, space_between, space_of

_MATCH: LiteralString = """
MATCH (k:Match {id: $id})-[:MATCH_OF {side: 'mouse'}]->(m:Contrast)
MATCH (k)-[:MATCH_OF {side: 'human'}]->(:Contrast)-[:POOL_OF]->(s:DiseaseState)
RETURN m.id AS mouse, s.id AS state, k.level AS level, k.policy AS policy, k.status AS status, k.reason AS reason,
  k.null_mouse AS null_mouse, k.null_human AS null_human, k.disease AS disease, k.run AS run,
  k.sentence AS sentence
"""


@dataclass(frozen=True)
class Part:
    """A feature: its value on both sides (``mouse``, ``human``: the moderated effect, centred over the features of the
    match; of a regulon or module its activity), and ``contribution``, their product. The products sum to T. Listed by
    the size of the contribution: a feature of great weight, and not of least p (``changes`` are listed by p).
    ``leading``: symbols of the genes that carry a regulon, module or gene set on both sides, up to 5."""

    feature: str
    label: str
    human_gene: str
    mouse_gene: str
    mouse: float
    human: float
    contribution: float
    leading: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """A contrast that contributes to one side."""

    side: str
    contrast: str
    label: str
    dataset: str
    title: str
    licence: str
    doi: str
    noise: str
    df: int
    n_case: int
    n_control: int
    taxon: str


@dataclass(frozen=True)
class Explanation:
    """T = sum of contributions; V = max(mouse_term, human_term, mouse_term + human_term - shared_term);
    score = T / (|mouse| |human|); p two-sided from T / sqrt(V) against t with df degrees of freedom."""

    match: str
    status: str
    reason: str
    level: str
    policy: str
    null_mouse: str
    null_human: str
    score: float
    statistic: float
    mouse_term: float
    human_term: float
    shared_term: float
    df: int
    p: float
    method: str
    data_version: str
    evidence: tuple[Evidence, ...]
    parts: tuple[Part, ...]
    curations: tuple[Curation, ...] = ()
    sentence: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Verdict:
    """The match to explain, by its sides and what was said of it."""

    match: str
    mouse: str
    state: str
    level: str
    policy: str
    status: str
    reason: str
    null_mouse: str
    null_human: str
    sentence: str | None = None

    @classmethod
    def of(cls, record: MatchRecord) -> "Verdict":
        """The verdict of a record, whether it is stored or not."""
        return cls(
            record.id,
            record.mouse,
            record.state,
            record.level,
            record.policy,
            str(record.status),
            record.reason,
            record.null.mouse,
            record.null.human,
            record.sentence,
        )


def explain(store: Store, signatures: SignatureStore, match: str, sets: GeneSetFile | None = None) -> Explanation:
    """Explain a stored match by its id; with ``sets``, the same pair at the level of these gene sets. Raises
    UnknownTermError for an id that is not there, MethodError, code UNTESTABLE, for a match that cannot be tested, and
    ContractError for sets that cannot be compared."""
    found = explained(*asked(store, signatures, match, sets))
    return replace(found, curations=curations_of(store, [match]).get(match, ()))


def asked(
    store: Store, signatures: SignatureStore, match: str, sets: GeneSetFile | None = None
) -> tuple[Workspace, Verdict]:
    """A stored match, or its pair at the level of ``sets``, with the workspace that scores it. Raises what
    :func:`explain` does."""
    ws = Workspace(Catalog.read(store), signatures)
    brought = bring_sets(ws, sets) if sets else None
    match = pair_of(match, brought)
    rows = store.read(_MATCH, id=match)
    if not rows:
        some = store.read("MATCH (k:Match) RETURN k.id AS id ORDER BY k.rank, k.id LIMIT 3")
        raise UnknownTermError(match, "match", suggestions=tuple(row["id"] for row in some))
    told = dict(rows[0])
    disease, run = told.pop("disease"), told.pop("run") or ""
    verdict = Verdict(match, **told)
    if brought:
        verdict = replace(verdict, match=with_sets(match, brought), level=BROUGHT)
        ws = ws.with_sets(brought)
        return ws, present(ws, verdict, disease or None)
    if not stands([run], ws.catalog, signatures.version):
        verdict = present(ws, verdict, disease or None)
    return ws, verdict


def present(ws: Workspace, verdict: Verdict, disease: str | None) -> Verdict:
    """The verdict as the data available give it, of a match that was derived from other data: numbers and status must
    be of one state. Raises MethodError, code UNTESTABLE, where the pair is no longer there."""
    contrast = ws.contrast(verdict.mouse)
    records = (
        []
        if contrast is None
        else family(ws, contrast, disease=disease, level=verdict.level, policy=cast(Policy, verdict.policy), band=False)
    )
    record = next((r for r in records if r.state == verdict.state), None)
    if record is None:
        raise MethodError(
            f"{verdict.match}: its contrasts are no longer in the graph; ingest them again", code="UNTESTABLE"
        )
    return replace(
        verdict,
        status=str(record.status),
        reason=record.reason,
        null_mouse=record.null.mouse,
        null_human=record.null.human,
        sentence=record.sentence,
    )


def sides_of(ws: Workspace, verdict: Verdict) -> tuple[Workspace, ContrastInfo, StateSide, Space]:
    """The workspace at the level of a verdict, its contrast, the other side, and where they meet. Raises MethodError,
    code UNTESTABLE, where one is no longer there."""
    contrast, state = ws.contrast(verdict.mouse), ws.catalog.states.get(verdict.state)
    alone_one = ws.contrast(verdict.state)  # of a match with a single contrast, which stands for itself
    here, policy = ws.at(verdict.level), cast(Policy, verdict.policy)
    if contrast is not None and state is not None:
        space = space_of(here, contrast, policy)
        return here, contrast, state_side(here, state, space, contrast.id), space
    if contrast is not None and alone_one is not None:
        space = space_between(here, contrast, alone_one.taxon, policy)
        return here, contrast, alone(here, alone_one, space), space
    raise MethodError(
        f"{verdict.match}: its contrasts are no longer in the graph; ingest them again", code="UNTESTABLE"
    )


def explained(ws: Workspace, verdict: Verdict) -> Explanation:
    """:func:`explain` over a given workspace. Raises MethodError, code UNTESTABLE."""
    here, contrast, side, space = sides_of(ws, verdict)
    level = verdict.level
    result = score_side(here, contrast, side, space, level, specific=False).result
    if result is None:
        raise MethodError(f"{verdict.match} cannot be tested: {verdict.reason}", code="UNTESTABLE")
    test, m, h = result.test, result.mouse.vector, result.human.vector
    parts: list[Part] = []
    if level in BY_GENE:
        names = ws.symbols(HUMAN)
        for i, at in enumerate(result.rows):
            human, mouse = str(space.human[at]), str(space.model[at])
            label = names.get(human, human)
            parts.append(
                Part(str(space.features[at]), label, human, mouse, float(m[i]), float(h[i]), float(m[i] * h[i]))
            )
    else:
        labels, symbols = ws.set_labels(level), ws.symbols(HUMAN)
        for i, name in enumerate(map(str, result.names)):
            leading = tuple(symbols.get(str(space.human[at]), str(space.features[at])) for at in result.leading(i))
            told = float(m[i]), float(h[i]), float(m[i] * h[i])
            parts.append(Part(name, labels.get(name, name), "", "", *told, leading))
    parts.sort(key=lambda part: (-abs(part.contribution), part.feature))
    evidence = [
        Evidence(
            which,
            c.id,
            c.label,
            c.dataset,
            c.dataset_title,
            c.licence,
            c.doi,
            c.null,
            c.df,
            c.n_case,
            c.n_control,
            c.taxon,
        )
        for which, contrasts in (("mouse", (contrast,)), ("human", side.pool))
        for c in contrasts
    ]
    return Explanation(
        verdict.match,
        verdict.status,
        verdict.reason,
        level,
        verdict.policy,
        verdict.null_mouse,
        verdict.null_human,
        test.score,
        test.statistic,
        test.mouse_term,
        test.human_term,
        test.shared_term,
        test.df,
        test.p,
        METHOD,
        ws.signatures.version,
        tuple(evidence),
        tuple(parts),
        sentence=verdict.sentence,
    )
