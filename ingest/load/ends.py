"""What a manifest names beside its own: models, and contrasts that use the same people or animals. Does it exist?

Known are the curated models, what the manifests of one run bring, and what is in the graph.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

import yaml

from ingest.batch import Batch
from ingest.fetch.curated import curated
from ingest.manifest.manifest import BUNDLED
from ingest.source.models import model_id
from kg.errors import ContractError, Issue

InGraph = Callable[[str], Mapping[str, str]]
"""Label -> id and name of the nodes of that label in the graph."""
_ENDS = {
    ("OF_MODEL", "Contrast", "DiseaseModel"): (
        "contrasts.model",
        "a model is curated, declared under models, or in the graph",
    ),
    ("SHARES_SAMPLES", "Contrast", "Contrast"): ("contrasts.shares", "a contrast of these manifests, or in the graph"),
}


def once(paths: Iterable[Path]) -> list[Path]:
    """Each file once, in the order given."""
    return list({path.resolve(): path for path in paths}.values())


def named_twice(sources: Mapping[Path, str]) -> dict[Path, ContractError]:
    """Manifests of one run that are of the same dataset: each would take away what the other brings. None of them is
    loaded."""
    found = {}
    for path, source in sources.items():
        others = [str(other) for other, theirs in sources.items() if theirs == source and other != path]
        if others:
            fix = "load one of them, or give the other a different dataset.id"
            rule = "DUPLICATE_DATASET: each manifest of a run is of a different dataset"
            issue = Issue(
                f"{path}: dataset.id", rule, f"{source.removeprefix('dataset/')}, as in {', '.join(others)}", fix
            )
            found[path] = ContractError([issue], code="DUPLICATE_DATASET")
    return found


def dangling(batches: Iterable[Batch], in_graph: InGraph) -> dict[str, ContractError]:
    """Source -> the error of what it names that is nowhere, code UNKNOWN_TERM. A source with an error brings
    nothing."""
    left, found = list(batches), {}
    while True:
        wrong = _once(left, in_graph)
        if not wrong:
            return found
        found |= wrong
        left = [batch for batch in left if batch.source not in wrong]


def _once(batches: list[Batch], in_graph: InGraph) -> dict[str, ContractError]:
    issues: dict[str, list[Issue]] = {}
    for key, (field, rule) in _ENDS.items():
        label = key[2]
        known = _brought(batches, label)
        ends = [(batch.source, row["object"]) for batch in batches for row in batch.edges.get(key, ())]
        if all(end in known for _, end in ends):
            continue
        known |= {**in_graph(label), **(_bundled() if label == "Contrast" else {})}
        for source, end in dict.fromkeys(ends):
            if end not in known:
                fix = _nearest(end, known)
                shown = end.removeprefix("orthokg:contrast/") if label == "Contrast" else end
                issue = Issue(f"{source.removeprefix('dataset/')}: {field}", f"UNKNOWN_TERM: {rule}", shown, fix)
                issues.setdefault(source, []).append(issue)
    return {source: ContractError(found, code="UNKNOWN_TERM") for source, found in issues.items()}


@cache
def _bundled() -> dict[str, str]:
    """Contrasts of the manifests that ship with the package: one that is not loaded shares nothing, and is no
    mistake."""
    found = {}
    for path in sorted(BUNDLED.glob("*.yaml")):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        found |= {f"orthokg:contrast/{raw['dataset']['id']}/{c['id']}": c["label"] for c in raw.get("contrasts", ())}
    return found


def _brought(batches: list[Batch], label: str) -> dict[str, str]:
    """Id -> name of what the manifests bring, and of the curated models."""
    known = {row["id"]: str(row.get("label") or "") for batch in batches for row in batch.nodes.get(label, ())}
    if label == "DiseaseModel":
        known |= {model_id(str(row.name), str(row.centre)): str(row.name) for row in curated("models.tsv").itertuples()}
    return known


def _nearest(end: str, known: Mapping[str, str]) -> str:
    """By the part of an id after its kind, or by name."""
    names: dict[str, str] = {}
    for key, name in known.items():
        names.setdefault(key.partition("/")[2].casefold(), key)
        names.setdefault(name.casefold(), key)
    wanted = end.partition("/")[2].casefold() if end.startswith("orthokg:") else end.casefold()
    close = [wanted] if wanted in names else difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    some = [f"{names[n]} ({known[names[n]]})" if known[names[n]] else names[n] for n in close]
    return (
        f"did you mean {' or '.join(dict.fromkeys(some))}?"
        if some
        else "check its id; `orthokg status` and the manifests show what there is"
    )
