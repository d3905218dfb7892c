"""What a laboratory brings is read right, or refused by name: every input of every rule, through the ingest and its
check."""

import hashlib
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from ingest.fetch.cache import Cache
from ingest.load.apart import kinds_in_graph
from ingest.load.dataset import batch_of
from ingest.load.dataset import check as ingest_check
from kg.ask.upload import Checked
from kg.ask.upload import check as checked
from kg.cli.signature import read_upload
from kg.errors import ContractError
from kg.read.contents import names
from kg.store.driver import Store, home
from tests.conftest import clean
from tests.ingest import inputs
from tests.ingest.inputs.case import GENES, Case, Read
from tests.ingest.inputs.rule_05 import samples
from tests.ingest.inputs.rule_06 import of_model, shared
from tests.ingest.inputs.rule_11 import TABLES
from tests.ingest.inputs.run import Bench, check, disagreements, hold
from tests.ingest.inputs.tables import EFFECT, HEAD, deseq, lines, table

MODULES = [name for _, name, _ in pkgutil.iter_modules(inputs.__path__) if name.startswith("rule_")]
OF: dict[str, list[Case]] = {name: import_module(f"{inputs.__name__}.{name}").CASES for name in MODULES}
CASES = [case for cases in OF.values() for case in cases]
MOST_STORED = 8
"""Of the inputs of a rule that are read, so many go through the store, which takes its time."""


def _stored() -> set[str]:
    read = [[case.slug for case in cases if isinstance(case.outcome, Read)] for cases in OF.values()]
    return {slug for slugs in read for slug in slugs[:: max(1, len(slugs) // MOST_STORED)]}


STORED = _stored()


@pytest.fixture(scope="module")
def bench(_embedded: Store, cache: Cache, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    yield Bench(clean(_embedded), cache, tmp_path_factory.mktemp("inputs"))
    clean(_embedded)


def test_every_input_has_a_name_of_its_own():
    slugs = [case.slug for case in CASES]
    assert sorted(set(slugs)) == sorted(slugs)
    assert slugs


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_an_input_is_read_right_or_refused_by_name(bench: Bench, case: Case):
    hold(bench, case, stored=case.slug in STORED)


def test_a_check_says_the_same_and_writes_nothing(bench: Bench):
    for case in CASES:
        bench.path(case)
    before = _tree(bench.folder)
    assert list(disagreements(CASES, check(bench, CASES))) == []
    assert _tree(bench.folder) == before
    assert not (home() / "graph").exists()


def test_a_donor_of_one_study_is_not_one_of_another(bench: Bench):
    """Donor 2-1 of study ids, and donor 1 of study ids-2."""
    paths = []
    for study, own in (("ids", [f"2-{n}" for n in range(6)]), ("ids-2", [f"{n}" for n in range(6)])):
        folder = bench.folder / study
        folder.mkdir()
        paths.append(samples(*own)(folder))
    assert bench.ingest(*paths).report.exit_code == 0
    found = bench.store.read(
        "MATCH (d:Donor)-[:FROM_DATASET]->(s:Dataset) WHERE s.id IN $ids RETURN d.id AS donor, s.id AS study",
        ids=["orthokg:dataset/ids", "orthokg:dataset/ids-2"],
    )
    assert len({row["donor"] for row in found}) == len(found) == 12
    used = bench.store.read("MATCH (c:Contrast {id: 'orthokg:contrast/ids/a'})-[:USES_DONOR]->(d) RETURN d.id AS donor")
    assert {row["donor"] for row in used} == {row["donor"] for row in found if row["study"] == "orthokg:dataset/ids"}
    for study in ("ids", "ids-2"):
        bench.remove(study)


def _of_model(bench: Bench, study: str, model: str, **more: object) -> Path:
    folder = bench.folder / study
    folder.mkdir()
    return of_model(model, **more)(folder)


def test_what_a_manifest_names_may_be_in_the_graph(bench: Bench):
    """Ends are known by the graph, in an ingest as in its check; what is nowhere is refused with the nearest that
    is."""
    folder = bench.folder / "ends"
    folder.mkdir()
    for name, nearest in (
        ("resident/a", ""),
        ("resident/b", "orthokg:contrast/resident/a"),
        ("residnt/a", "orthokg:contrast/resident/a"),
    ):
        path, before = shared(name)(folder), bench.state()
        (checked,) = [
            made
            for made in ingest_check(
                [path],
                bench.cache,
                lambda label: names(bench.store, label),
                lambda: kinds_in_graph(bench.store),
                bench.folder,
            )
            if made.error
        ] or [None]
        made = bench.ingest(path)
        (step,) = made.report.steps
        if not nearest:
            assert (step.status, checked) == ("loaded", None), step.reason
            edges = bench.store.read(
                "MATCH ({id: 'orthokg:contrast/ends/a'})-[:SHARES_SAMPLES]->(c:Contrast) RETURN c.id AS id"
            )
            assert [edge["id"] for edge in edges] == ["orthokg:contrast/resident/a"]
            bench.remove("ends")
            continue
        assert step.status == "failed"
        assert f"did you mean {nearest}" in step.reason
        assert checked is not None
        assert step.reason == f"[{checked.error.code}] {checked.error}"  # type: ignore[union-attr]
        assert bench.state() == before


def test_a_model_that_another_manifest_brings_is_there_unless_that_one_is_refused(bench: Bench):
    own = [{"id": "orthokg:model/brought", "label": "Brought"}]
    one, two = (
        _of_model(bench, "brings", "orthokg:model/brought", models=own),
        _of_model(bench, "uses", "orthokg:model/brought"),
    )
    made = bench.ingest(two, one)
    assert {step.source: step.status for step in made.report.steps} == {
        "dataset/uses": "loaded",
        "dataset/brings": "loaded",
    }
    found = bench.store.read(
        "MATCH (c:Contrast)-[:OF_MODEL]->(m {id: 'orthokg:model/brought'}) RETURN c.id AS id ORDER BY id"
    )
    assert [row["id"] for row in found] == ["orthokg:contrast/brings/a", "orthokg:contrast/uses/a"]
    for study in ("uses", "brings"):
        bench.remove(study)
    before, bad = bench.state(), _of_model(bench, "brings-badly", "orthokg:model/no-such-thing", models=own)
    made = bench.ingest(two, bad)
    assert {step.source: step.status for step in made.report.steps} == {
        "dataset uses": "failed",
        "dataset brings-badly": "failed",
    }
    assert bench.state() == before


def _upload(path: Path) -> Checked:
    given = {
        "taxon": "human",
        "label": "",
        "duplicates": "refuse",
        "unit": "donor",
        "drug": "",
        "cut": "",
        "scale": "counts",
        "engineered": (),
        "cell_type": None,
        "tissue": None,
        "reference": None,
    }
    return checked(read_upload(path, None, (), given))


@pytest.mark.parametrize("name", TABLES)
def test_an_upload_takes_the_columns_that_a_draft_takes(tmp_path: Path, name: str):
    text, columns, _ = TABLES[name]
    (tmp_path / "t.csv").write_text(text)
    if name == "deseq2 of a likelihood ratio":
        with pytest.raises(ContractError, match="never below 0"):
            _upload(tmp_path / "t.csv")
        return
    made = _upload(tmp_path / "t.csv")
    assert dict(made.upload.names) == {what: column for what, column in columns.items() if what != "gene"}
    assert made.genes.tolist() == list(GENES)
    assert made.upload.effect is not None
    np.testing.assert_allclose(np.asarray(made.upload.effect, float), list(EFFECT.values()), rtol=1e-9, atol=1e-9)


def test_an_upload_leaves_out_the_rows_that_an_ingest_puts_in_quarantine(bench: Bench, tmp_path: Path):
    rows = deseq()
    for at, (column, cell) in {3: (3, "0"), 8: (2, "NA"), 11: (2, "Inf"), 20: (3, "n.d."), 30: (4, "")}.items():
        rows[at][column] = cell
    text = lines(["gene", *HEAD], rows)
    folder = tmp_path / "rows"
    folder.mkdir()
    batch = batch_of(table(text)(folder), bench.cache, bench.genes, list)
    examined = _upload(folder / "t.csv").examined
    assert examined is not None
    left = {row.row: row.rule for row in batch.quarantined}
    assert left == {at + 1: str(rule) for at, rule in enumerate(examined.faults.rule) if rule}
    assert left == {4: "se-range", 9: "missing-value", 12: "not-finite", 21: "not-a-number"}


def _tree(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
