"""What a laboratory brings is read right, or refused by name: every input of every rule, through the ingest and its check."""

import hashlib
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from ingest.cache import Cache
from kg.store import Store, home
from tests.conftest import clean
from tests.ingest import inputs
from tests.ingest.inputs.case import Case
from tests.ingest.inputs.rule_05 import samples
from tests.ingest.inputs.run import Bench, check, disagreements, hold

MODULES = [name for _, name, _ in pkgutil.iter_modules(inputs.__path__) if name.startswith("rule_")]
CASES: list[Case] = [case for name in MODULES for case in import_module(f"{inputs.__name__}.{name}").CASES]


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
    hold(bench, case)


@pytest.mark.parametrize("module", MODULES)
def test_a_check_says_the_same_and_writes_nothing(bench: Bench, module: str):
    cases: list[Case] = import_module(f"{inputs.__name__}.{module}").CASES
    for case in cases:
        bench.path(case)
    before = _tree(bench.folder)
    assert list(disagreements(cases, check(bench, cases))) == []
    assert _tree(bench.folder) == before
    assert not (home() / "graph").exists()


def test_a_donor_of_one_study_is_not_one_of_another(bench: Bench):
    """Donor 2-1 of study ids, and donor 1 of study ids-2."""
    paths = []
    for study, names in (("ids", [f"2-{n}" for n in range(6)]), ("ids-2", [f"{n}" for n in range(6)])):
        folder = bench.folder / study
        folder.mkdir()
        paths.append(samples(*names)(folder))
    assert bench.ingest(*paths).report.exit_code == 0
    found = bench.store.read("MATCH (d:Donor)-[:FROM_DATASET]->(s:Dataset) WHERE s.id IN $ids RETURN d.id AS donor, s.id AS study",
                             ids=["orthokg:dataset/ids", "orthokg:dataset/ids-2"])  # fmt: skip
    assert len({row["donor"] for row in found}) == len(found) == 12
    used = bench.store.read("MATCH (c:Contrast {id: 'orthokg:contrast/ids/a'})-[:USES_DONOR]->(d) RETURN d.id AS donor")
    assert {row["donor"] for row in used} == {row["donor"] for row in found if row["study"] == "orthokg:dataset/ids"}
    for study in ("ids", "ids-2"):
        bench.remove(study)


def _tree(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
