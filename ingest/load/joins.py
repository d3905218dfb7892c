"""Which pools the cohorts of a study would join, before anything of it is loaded."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.batch import Batch
from kg.sides.catalog import Catalog, ContrastInfo, StateInfo, contrast_info, reference_info
from kg.sides.human import StateSide, state_side
from kg.sides.workspace import Workspace
from kg.signatures.store import Entry, Reference, Signature, SignatureStore


class Beside(SignatureStore):
    """A signature store with what a batch would put there; nothing is written."""

    def __init__(self, root: Path, batch: Batch):
        super().__init__(root)
        self.made = {key: item for key, item in batch.arrays.items() if isinstance(item, (Signature, Reference))}

    @property
    def index(self) -> dict[str, Entry]:
        kinds = {key: "signature" if isinstance(item, Signature) else "reference" for key, item in self.made.items()}
        return super().index | {key: Entry("", kind) for key, kind in kinds.items()}

    def get(self, key: str) -> Signature:
        item = self.made.get(key)
        return item if isinstance(item, Signature) else super().get(key)

    def get_reference(self, key: str) -> Reference:
        item = self.made.get(key)
        return item if isinstance(item, Reference) else super().get_reference(key)


def joins(batch: Batch, catalog: Catalog | None, signatures: Path) -> Iterator[str]:
    """A line for each cohort of a human state. ``catalog``: of the present graph, None where there is none."""
    own = {c.id: c for c in _contrasts(batch)}
    states = {row["id"]: row for row in batch.nodes["DiseaseState"]}
    if catalog is None:
        for cohort in (c for c in own.values() if c.state):
            assert cohort.state is not None
            yield (f"{cohort.label}: {_asked(cohort, cohort.state.label)}; no graph yet shows its other cohorts")
        return
    before, after = (
        Workspace(catalog, SignatureStore(signatures)),
        Workspace(_with(catalog, batch, own, states), Beside(signatures, batch)),
    )
    for key in states:
        info = after.catalog.states[key]
        side = state_side(after, info, after.space("one2one"))
        known = catalog.states.get(key)
        was = state_side(before, known, before.space("one2one")).pool if known else ()
        yield from _told(side, own, {c.id: c.label for c in was})


def _told(side: StateSide, own: dict[str, ContrastInfo], was: dict[str, str]) -> Iterator[str]:
    """``was``: label of each cohort that is pooled today."""
    label, apart = side.info.label, {c.id: why for c, why in side.apart}
    others = ", ".join(c.label for c in side.pool if c.id not in own)
    for cohort in (*side.pool, *(c for c, _ in side.apart)):
        if cohort.id in apart and cohort.id in own:
            yield f"{cohort.label}: would not be in the pool of {label}: {apart[cohort.id]}"
        elif cohort.id in own:
            yield f"{cohort.label}: would be in the pool of {label}" + (
                f", with {others}" if others else ", which has no other cohort"
            )
        elif cohort.id in apart and cohort.id in was:
            yield f"{cohort.label}: would leave the pool of {label}: {apart[cohort.id]}"


def _asked(cohort: ContrastInfo, state: str) -> str:
    return (
        f"asks to join the pool of {state}"
        if cohort.pooled
        else f"would not be in the pool of {state}: `pooled: true` joins it"
    )


def _with(catalog: Catalog, batch: Batch, own: dict[str, ContrastInfo], states: dict[str, Any]) -> Catalog:
    """The catalogue as it would be. What was loaded of the study before goes."""
    dataset = {row["id"] for row in batch.nodes["Dataset"]}
    facts = batch.nodes["Dataset"][0]
    lenders = {row["id"]: reference_info({**row, "dataset": facts}) for row in batch.nodes["NoiseReference"]}
    made = dict(catalog.states)
    for key, row in states.items():
        disease = row["disease"]
        plain = StateInfo(key, row["label"], disease, disease, row["stage"], row["material"], frozenset({disease}))
        made[key] = replace(made[key], label=row["label"]) if key in made else plain
    kept = {key: c for key, c in catalog.contrasts.items() if c.dataset not in dataset}
    references = {key: r for key, r in catalog.references.items() if r.dataset not in dataset}
    return Catalog(kept | own, references | lenders, made)


def _contrasts(batch: Batch) -> Iterator[ContrastInfo]:
    states = {row["id"]: row for row in batch.nodes["DiseaseState"]}
    of = {edge["subject"]: states[edge["object"]] for edge in batch.edges["OF_STATE", "Contrast", "DiseaseState"]}
    label = {row["id"]: row["label"] for row in batch.nodes["Contrast"]}
    shares: dict[str, list[dict[str, Any]]] = {}
    for edge in batch.edges["SHARES_SAMPLES", "Contrast", "Contrast"]:
        for one, two in ((edge["subject"], edge["object"]), (edge["object"], edge["subject"])):
            shares.setdefault(one, []).append({"id": two, "label": label.get(two, two), "arm": edge["arm"]})
    for row in batch.nodes["Contrast"]:
        if row.get("measure") != "composition":
            around = {
                "models": [],
                "conditions": [],
                "regions": [],
                "cell_types": [],
                "states": [of[row["id"]]] if row["id"] in of else [],
            }
            yield contrast_info(
                {**row, **around, "dataset": batch.nodes["Dataset"][0], "shares": shares.get(row["id"], [])}
            )
