"""What the graph knows of contrasts, references and states: the metadata that matching needs, read once."""

import hashlib
from collections.abc import Iterator, Set
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, LiteralString

from kg.errors import StoreError, UnknownTermError
from kg.match.levels import LEVELS, bars_test, null_of
from kg.names.ids import spelt
from kg.store.driver import Store

_CONTRASTS: LiteralString = """
MATCH (c:Contrast) WHERE c.kind <> 'pool' AND coalesce(c.measure, '') <> 'composition'
RETURN c {.*,
  dataset: [(c)-[:FROM_DATASET]->(d:Dataset) | d {.id, .title, .licence, .doi, .counts, .simulated, .bank}][0],
  models: [(c)-[:OF_MODEL]->(m:DiseaseModel) | m {.id, .label, .centre, .engineered_genes,
    diseases: [(m)-[:MODELS]->(d:Disease) | d.id]}],
  states: [(c)-[:OF_STATE]->(s:DiseaseState) | s {.id, .label, .disease, .stage, .material}],
  conditions: [(c)-[:OF_CONDITION]->(n:DrugCondition)-[:USES_DRUG]->(g:Drug) | n {.id, .label, drug: g.label, drug_id:
    g.id}],
  regions: [(c)-[:IN_TISSUE]->(t:Tissue) | t {.id, .label}],
  cell_types: [(c)-[:OF_TYPE]->(t:CellType) | t {.id, .label}],
  shares: [(c)-[r:SHARES_SAMPLES]-(o:Contrast) | {id: o.id, label: o.label, arm: r.arm, n: r.n_shared}]
} AS row ORDER BY c.id
"""
_REFERENCES: LiteralString = """
MATCH (r:NoiseReference)
RETURN r {.*, dataset: [(r)-[:FROM_DATASET]->(d:Dataset) | d {.id, .simulated}][0]} AS row ORDER BY r.id
"""
_DISEASES: LiteralString = """
MATCH (s:DiseaseState)-[:HAS_DISEASE]->(d:Disease)
OPTIONAL MATCH (d)-[:SUBCLASS_OF*0..30]->(a:Disease)
RETURN s.id AS state, d.label AS label, d.id AS disease, collect(DISTINCT a.id) AS within ORDER BY s.id
"""
COMPUTED = {"computed": True}
"""Of a field that ``kg.verdict.derive`` fills from all the others: it is a result and no input."""
_MODELS: LiteralString = """
MATCH (m:DiseaseModel)-[:MODELS]->(d:Disease)
OPTIONAL MATCH (d)-[:SUBCLASS_OF*0..30]->(a:Disease)
RETURN m.id AS model, d.id AS id, d.label AS label, collect(DISTINCT a.id) AS within ORDER BY m.id, d.id
"""
_ABOVE: LiteralString = """
MATCH (t:Tissue)-[:SUBCLASS_OF|BROADER]->(a:Tissue) WHERE t.id IN $ids
  RETURN t.id AS id, collect(DISTINCT a.id) AS above
"""
_STEPS = 30


@dataclass(frozen=True)
class Named:
    id: str
    label: str


@dataclass(frozen=True)
class ContrastInfo:
    """One Contrast node with its neighbours. ``shares``: (contrast id, label, arm) of those that use a common arm;
    ``modelled``: ids of the diseases that its model is a model of; ``pooled``: it asks to be pooled with the cohorts of
    its state; ``probe``: it asks to measure the type-I error of the other species' references."""

    id: str
    label: str
    taxon: str
    kind: str
    level: str
    noise: str  # donors: samples of its own, of whatever level
    noise_reason: str
    material: str
    cut: str
    universe: int
    n_case: int
    n_control: int
    df: int
    age: str
    sex: str
    strain: str
    case_arm: str
    control_arm: str
    flags: tuple[str, ...]
    pooled: bool
    dataset: str
    dataset_title: str
    licence: str
    doi: str
    counts: str
    simulated: bool
    model: Named | None
    engineered: tuple[str, ...]
    state: Named | None
    condition: Named | None
    drug: str
    region: Named | None
    cell_type: Named | None
    shares: tuple[tuple[str, str, str], ...] = ()
    modelled: tuple[str, ...] = ()
    bank: str = ""
    drug_id: str = ""
    probe: bool = False

    @property
    def null(self) -> str:
        """What its null is named after: donors, pools, wells …, reference or none."""
        return null_of(self.level) if self.noise == "donors" else self.noise

    @property
    def barred(self) -> str:
        """Why its replicates carry no test; empty where they do."""
        return bars_test(self.level, self.drug, self.n_case, self.n_control)


@dataclass(frozen=True)
class ReferenceInfo:
    id: str
    label: str
    role: str
    taxon: str
    material: str
    n_donors: int
    df: int
    type_i_error: float | None = field(metadata=COMPUTED)
    measured_how: str = field(metadata=COMPUTED)
    status: str = field(metadata=COMPUTED)
    n_axes: int = field(metadata=COMPUTED)
    dataset: str
    simulated: bool = False
    level: str = "donor"


@dataclass(frozen=True)
class StateInfo:
    id: str
    label: str
    disease: str
    disease_label: str
    stage: str
    material: str
    within: frozenset[str]


@dataclass(frozen=True)
class DiseaseOf:
    """A disease that a model models; ``within``: its id and those above it."""

    id: str
    label: str
    within: frozenset[str]


@dataclass(frozen=True)
class Catalog:
    """``model_diseases``: model id -> what it models; ``tissue_above``: tissue of a model's contrast -> the tissues
    that it is a kind or a part of."""

    contrasts: dict[str, ContrastInfo]
    references: dict[str, ReferenceInfo]
    states: dict[str, StateInfo] = field(default_factory=dict)
    model_diseases: dict[str, tuple[DiseaseOf, ...]] = field(default_factory=dict)
    tissue_above: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store) -> "Catalog":
        rows = [record["row"] for record in store.read(_CONTRASTS)]
        contrasts = {row["id"]: contrast_info(row) for row in rows}
        references = {record["row"]["id"]: reference_info(record["row"]) for record in store.read(_REFERENCES)}
        diseases = {record["state"]: record for record in store.read(_DISEASES)}
        states = {}
        for row in rows:
            for state in row["states"]:
                known = diseases.get(state["id"], {"label": state["disease"], "within": []})
                states[state["id"]] = StateInfo(
                    state["id"],
                    state["label"],
                    state["disease"],
                    known["label"] or state["disease"],
                    state["stage"] or "",
                    state["material"] or "",
                    frozenset({*known["within"], state["disease"]}),
                )
        modelled: dict[str, list[DiseaseOf]] = {}
        for record in store.read(_MODELS):
            within = frozenset({*record["within"], record["id"]})
            modelled.setdefault(record["model"], []).append(
                DiseaseOf(record["id"], record["label"] or record["id"], within)
            )
        tissues = {c.region.id for c in contrasts.values() if c.model and c.region}
        return cls(
            contrasts,
            references,
            dict(sorted(states.items())),
            {model: tuple(found) for model, found in modelled.items()},
            _above(store, tissues),
        )

    @cached_property
    def digest(self) -> str:
        """Hash of every field of every contrast, reference and state but for what is computed of them, and of the terms
        above them."""
        known = (*self.contrasts.values(), *self.references.values(), *self.states.values())
        lines = sorted(f"{type(info).__name__} {'; '.join(facts(info))}" for info in known)
        lines += [
            f"{model} {d.id} {d.label} {sorted(d.within)}"
            for model, found in sorted(self.model_diseases.items())
            for d in found
        ]
        lines += [f"{tissue} {sorted(above)}" for tissue, above in sorted(self.tissue_above.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @cached_property
    def cohorts(self) -> dict[str, list[ContrastInfo]]:
        """State id -> its cohorts."""
        found: dict[str, list[ContrastInfo]] = {}
        for contrast in self.contrasts.values():
            if contrast.state:
                found.setdefault(contrast.state.id, []).append(contrast)
        return found

    def of_model(self, model: str, argument: str = "model") -> list[ContrastInfo]:
        """Contrasts of a model by its id or label, any case. Raises UnknownTermError with the nearest names, of
        ``argument``."""
        known = {c.model.id: c.model.label for c in self.contrasts.values() if c.model}
        wanted = spelt(model).casefold()
        ids = {key for key, label in known.items() if wanted in (key.casefold(), label.casefold())}
        if not known:
            raise StoreError(
                "no model is in the graph yet: run `orthokg ingest`, or choose the store that holds it", code="EMPTY"
            )
        if not ids:
            raise UnknownTermError(
                model, "disease model", suggestions=nearest(model, sorted(known.values())), argument=argument
            )
        return [c for c in self.contrasts.values() if c.model and c.model.id in ids]

    def of_drug(self, drug: str) -> list[ContrastInfo]:
        """Contrasts of a drug by its id or name, any case. Raises UnknownTermError with the nearest names."""
        wanted = spelt(drug).casefold()
        found = [c for c in self.contrasts.values() if c.drug and wanted in (c.drug.casefold(), c.drug_id.casefold())]
        if not found:
            known = sorted({c.drug for c in self.contrasts.values() if c.drug})
            raise UnknownTermError(
                drug, "drug with a measured condition", suggestions=nearest(drug, known), argument="drug"
            )
        return found

    def states_under(self, disease: str | None) -> list[StateInfo]:
        """States whose disease is the term or below it; all states that are a disease when none is asked for."""
        if disease is None:
            return [state for state in self.states.values() if not is_ageing(state)]
        return [state for state in self.states.values() if disease in state.within]


def facts(info: ContrastInfo | ReferenceInfo | StateInfo, *, computed: bool = False) -> Iterator[str]:
    """``name=value`` of every field; of those that are computed where ``computed``, of the others where not."""
    for each in fields(info):
        if bool(each.metadata.get("computed")) == computed:
            value = getattr(info, each.name)
            yield f"{each.name}={sorted(value) if isinstance(value, Set) else value!r}"


def _above(store: Store, tissues: set[str]) -> dict[str, frozenset[str]]:
    """The tissues above each, a level a query: paths through an ontology are many more than its terms."""
    parents: dict[str, list[str]] = {}
    level = sorted(tissues)
    for _ in range(_STEPS):
        if not level:
            break
        rows = store.read(_ABOVE, ids=level)
        parents |= {row["id"]: sorted(row["above"]) for row in rows}
        level = sorted({above for row in rows for above in row["above"]} - parents.keys())
    made = {}
    for tissue in sorted(tissues):
        found, left = set(), [tissue]
        while left:
            new = set(parents.get(left.pop(), ())) - found
            found |= new
            left += new
        made[tissue] = frozenset(found)
    return made


def is_ageing(state: StateInfo) -> bool:
    return state.disease in ("", "PATO:0000461")


def nearest(text: str, known: list[str]) -> tuple[str, ...]:
    import difflib

    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(text.casefold(), list(folded), n=3, cutoff=0.4)
    return tuple(folded[name] for name in close) or tuple(known[:5])


def _named(rows: list[dict[str, Any]]) -> Named | None:
    return Named(rows[0]["id"], rows[0]["label"] or rows[0]["id"]) if rows else None


def contrast_info(row: dict[str, Any]) -> ContrastInfo:
    """From a Contrast's properties and its neighbours, as the catalogue reads them."""
    dataset = row["dataset"] or {}
    return ContrastInfo(
        id=row["id"],
        label=row.get("label") or row["id"],
        taxon=row["in_taxon"],
        kind=row.get("kind") or "",
        level=row.get("level") or "",
        noise=_noise(row.get("noise") or "none"),
        noise_reason=row.get("noise_reason") or "",
        material=row.get("material") or "",
        cut=row.get("cut") or "",
        universe=row.get("universe") or 0,
        n_case=row.get("n_case") or 0,
        n_control=row.get("n_control") or 0,
        df=row.get("df") or 0,
        age=row.get("age") or "",
        sex=row.get("sex") or "",
        strain=row.get("strain") or "",
        case_arm=row.get("case_arm") or "",
        control_arm=row.get("control_arm") or "",
        flags=tuple(row.get("flags") or ()),
        pooled=bool(row.get("pooled")),
        dataset=dataset.get("id") or "",
        dataset_title=dataset.get("title") or "",
        licence=dataset.get("licence") or "",
        doi=dataset.get("doi") or "",
        counts=dataset.get("counts") or "",
        simulated=bool(dataset.get("simulated")),
        bank=dataset.get("bank") or "",
        model=_named(row["models"]),
        state=_named(row["states"]),
        condition=_named(row["conditions"]),
        engineered=tuple(sorted({gene for model in row["models"] for gene in model["engineered_genes"] or ()})),
        drug=row["conditions"][0]["drug"] if row["conditions"] else "",
        drug_id=row["conditions"][0]["drug_id"] if row["conditions"] else "",
        region=_named(row["regions"]),
        cell_type=_named(row["cell_types"]),
        shares=tuple(sorted((s["id"], s["label"] or s["id"], s["arm"] or "") for s in row["shares"])),
        modelled=tuple(sorted({disease for model in row["models"] for disease in model["diseases"]})),
        probe=bool(row.get("probe")),
    )


def _noise(named: str) -> str:
    return "donors" if any(named == level.null for level in LEVELS.values()) else named


def reference_info(row: dict[str, Any]) -> ReferenceInfo:
    """From a NoiseReference's properties and its dataset."""
    error, dataset = row.get("type_i_error"), row["dataset"] or {}
    return ReferenceInfo(
        row["id"], row.get("label") or row["id"], row.get("role") or "", row["in_taxon"], row.get("material") or "",
        row.get("n_donors") or 0, row.get("df") or 0, None if error is None or error < 0 else error,
        row.get("measured_how") or "unmeasured", row.get("status") or "unmeasured", row.get("n_axes") or 0,
        dataset.get("id") or "", bool(dataset.get("simulated")), row.get("level") or "donor",
    )  # fmt: skip
