"""Runs inputs through the product: the pipeline into one store, and the command of the check."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.load.dataset import batch_of
from ingest.load.pipeline import Pipeline
from kg.cli.main import main
from kg.curie import HUMAN, MOUSE
from kg.read.lookup import name_of
from kg.signatures.store import Signature, SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema, write_nodes
from tests.graph.dump import dump
from tests.ingest.inputs.case import GENES, Case, Read, Refused, Truth, disease, effects, facts, write_manifest

Tables = dict[str, str]
"""What is in a signature store: id -> hash."""


@dataclass
class Bench:
    """A store and a signature store in which a resident study lives, beside which inputs come and go."""

    store: Store
    cache: Cache
    folder: Path
    genes: Genes = field(init=False)
    signatures: SignatureStore = field(init=False)
    paths: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.genes, self.signatures = Genes(self.cache), SignatureStore(self.folder / "signatures")
        ensure_schema(self.store)
        named = [(HUMAN, gene) for gene in GENES] + [(MOUSE, gene.capitalize()) for gene in GENES]
        rows = [{"id": f"ENSEMBL:{self.gene(taxon, name)}", "symbol": name, "in_taxon": taxon} for taxon, name in named]
        write_nodes(self.store, "Gene", rows, source="genes", run="r")
        home = self.folder / "resident"
        home.mkdir()
        rows = [f"{gene},{effect},0.01" for gene, effect in effects(seed=9).items()]
        (home / "t.csv").write_text("\n".join(["g,e,p", *rows]) + "\n")
        table = {"file": "t.csv", "gene_id": "symbol", "columns": {"gene": "g", "effect": "e", "p": "p"}}
        assert (
            self.ingest(write_manifest(home, facts(home) | {"table": table, "contrasts": [disease()]})).report.exit_code
            == 0
        )

    def gene(self, taxon: str, name: str) -> str:
        """Ensembl id without prefix."""
        found = self.genes(taxon).resolve(name)
        assert found.id is not None, name
        return found.id.removeprefix("ENSEMBL:")

    def path(self, case: Case) -> Path:
        """Of its manifest, written once, and named after the input."""
        if case.slug not in self.paths:
            folder = self.folder / case.slug
            folder.mkdir()
            self.paths[case.slug] = case.build(folder).rename(folder / f"{case.slug}.yaml")
        return self.paths[case.slug]

    def ingest(self, *paths: Path) -> Pipeline:
        """These manifests beside what is loaded, without knowledge and verdicts."""
        made = Pipeline(self.store, self.signatures, self.cache, self.folder)
        made.genes = self.genes
        for path in paths:
            made.load_manifest(path)
        made._ends()
        with self.signatures.batch():
            for batch in made._batches:
                made._keep_arrays(batch)
        made._load(made._batches)
        return made

    def remove(self, study: str) -> None:
        """What a study has put into the graph and the signature store."""
        self.store.write("MATCH (n {source: $source}) DETACH DELETE n", source=f"dataset/{study}")
        self.signatures.drop([key for key in self.signatures.index if f"/{study}/" in key or key.endswith(f"/{study}")])

    def state(self) -> tuple[tuple[list[str], list[str]], Tables]:
        return dump(self.store), {key: entry.sha for key, entry in self.signatures.index.items()}


def hold(bench: Bench, case: Case, *, stored: bool = True) -> None:
    """Raises AssertionError where an ingest of the input does otherwise than is right; ``stored``: what is read goes
    into the store and is asked back from it."""
    path, outcome = bench.path(case), case.outcome
    if isinstance(outcome, Refused):
        before = bench.state()
        made = bench.ingest(path)
        (step,) = made.report.steps
        assert step.status == "failed", f"read, and should be refused: {outcome}"
        assert made.report.exit_code == 1
        _says(step.reason, outcome)
        assert bench.state() == before
    elif stored:
        try:
            _stored(bench, path, outcome)
        finally:
            bench.remove(case.slug)
    else:
        batch = batch_of(path, bench.cache, bench.genes, list)
        assert len(batch.quarantined) == outcome.quarantined, batch.quarantined
        _told([*batch.told, *batch.doubts], outcome)
        _contrasts(
            bench, path, {key: item for key, item in batch.arrays.items() if isinstance(item, Signature)}, outcome
        )
        _nodes({label: [row[name_of(label)] for row in batch.nodes[label]] for label in outcome.nodes}, outcome)
        assert {label: len({row["id"] for row in batch.nodes[label]}) for label in outcome.n} == dict(outcome.n)


def _says(reason: str, outcome: Refused) -> None:
    assert reason.startswith(f"[{outcome.code}]"), reason
    missing = [word for word in outcome.words if word.lower() not in reason.lower()]
    assert not missing, f"{missing} not in {reason}"


def _stored(bench: Bench, path: Path, outcome: Read) -> None:
    made, source = bench.ingest(path), f"dataset/{path.parent.name}"
    (step,) = made.report.steps
    assert step.status == "loaded", step.reason
    assert made.report.exit_code == (3 if outcome.quarantined else 0)
    assert (step.quarantined, step.read) == (outcome.quarantined, step.accepted + outcome.quarantined), step
    _told([*step.told, *step.doubts], outcome)
    rows = bench.store.read("MATCH (n {source: $source}) RETURN labels(n) AS labels, properties(n) AS p", source=source)
    kept = {row["p"]["id"]: bench.signatures.get(row["p"]["id"]) for row in rows if "Contrast" in row["labels"]}
    _contrasts(bench, path, kept, outcome)
    for key, signature in kept.items():
        changed = bench.store.read(
            "MATCH (:Contrast {id: $id})-[r:CHANGES_GENE]->(g:Gene) RETURN g.id AS gene, r.effect AS effect", id=key
        )
        effect = dict(zip(signature.genes.tolist(), signature.effect.tolist(), strict=True))
        assert [edge["effect"] for edge in changed] == [
            effect[edge["gene"].removeprefix("ENSEMBL:")] for edge in changed
        ]
    _nodes(
        {label: [row["p"][name_of(label)] for row in rows if label in row["labels"]] for label in outcome.nodes},
        outcome,
    )
    assert {label: sum(label in row["labels"] for row in rows) for label in outcome.n} == dict(outcome.n)


def _told(screen: list[str], outcome: Read) -> None:
    missing = [word for word in outcome.words if word.lower() not in "\n".join(screen).lower()]
    assert not missing, f"{missing} not in {screen}"


def _nodes(found: Mapping[str, list[str]], outcome: Read) -> None:
    assert {label: set(names) for label, names in found.items()} == dict(outcome.nodes)


def _contrasts(bench: Bench, path: Path, kept: Mapping[str, Signature], outcome: Read) -> None:
    study = f"orthokg:contrast/{path.parent.name}/"
    assert {key.removeprefix(study) for key in kept} == set(outcome.truth)
    atol = 1e-6 if outcome.float32 else 1e-9
    for key, s in kept.items():
        name = key.removeprefix(study)
        _equal(s.genes, s.effect, _resolved(bench, s.taxon, outcome.truth[name]), atol, f"effects of {name}")
        if name in outcome.vector:
            _equal(s.genes, s.vector, _resolved(bench, s.taxon, outcome.vector[name]), atol, f"vector of {name}")


def _resolved(bench: Bench, taxon: str, truth: Truth) -> dict[str, float]:
    return {name if name.startswith("ENS") else bench.gene(taxon, name): value for name, value in truth.items()}


def _equal(genes: np.ndarray, found: np.ndarray, right: dict[str, float], atol: float, what: str) -> None:
    assert set(genes.tolist()) == set(right), what
    np.testing.assert_allclose(found, [right[gene] for gene in genes.tolist()], rtol=atol, atol=atol, err_msg=what)


def check(bench: Bench, cases: Sequence[Case]) -> dict[str, str]:
    """One `orthokg ingest --check` of all: slug -> what it says of the input."""
    said = CliRunner().invoke(main, ["ingest", "--check", *(str(bench.path(case)) for case in cases)])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    parts = re.split(r"^(r\d+-[a-z0-9-]+)\.yaml: (?=FAILED|MISSING|read )", said.output, flags=re.MULTILINE)
    told: dict[str, str] = {}
    for slug, words in zip(parts[1::2], parts[2::2], strict=True):
        told[slug] = told.get(slug, "") + words
    return told


def disagreements(cases: Sequence[Case], told: dict[str, str]) -> Iterator[str]:
    """Where a check says otherwise than is right."""
    for case in cases:
        words, outcome = told.get(case.slug, "nothing"), case.outcome
        if isinstance(outcome, Refused):
            right = f"FAILED [{outcome.code}]" in words and all(word.lower() in words.lower() for word in outcome.words)
        else:
            right = (
                words.startswith("read ")
                and "FAILED" not in words
                and f"+ quarantined {outcome.quarantined}\n" in words
            )
        if not right:
            yield f"{case.slug}: {outcome}\n{words}"
