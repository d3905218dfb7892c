"""One table of what a replicate is decides the name of the null, the flag, and whether there is a test at all."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from ingest.manifest.blocks import Counts, Table
from kg.ask.upload import UNITS, Sample, Upload, check
from kg.ask.upload_contrast import bring
from kg.ask.upload_material import Material
from kg.curie import HUMAN, MOUSE
from kg.match.counts import doubts
from kg.match.levels import LEVELS, OfSamples, OfTable, bars_test
from kg.match.tables.vector import borrows
from kg.schema.match import MatchRecord
from kg.sides.catalog import ReferenceInfo
from kg.signatures.store import Reference
from kg.verdict.explain import Verdict, explained
from kg.verdict.family import family, pairwise
from kg.verdict.record import _reference_text
from tests.kg.little import BULK, GENES, HUMAN_GENES, TRUTH, Little


@pytest.fixture
def little(tmp_path: Path) -> Little:
    made = Little(tmp_path)
    made.add("mouse", MOUSE, TRUTH)
    return made


def matched(little: Little, **facts: object) -> MatchRecord:
    """A human state of one cohort, with the model."""
    little.add("cohort", HUMAN, TRUTH, state="AD", **facts)  # type: ignore[arg-type]
    (record,) = family(little.workspace(), little.contrasts["orthokg:contrast/little/mouse"], disease=None, band=False)
    return record


def test_levels_are_the_same_wherever_they_are_said() -> None:
    assert set(LEVELS) == set(UNITS) == set(get_args(OfTable)) == set(get_args(Table.model_fields["level"].annotation))
    assert get_args(Counts.model_fields["level"].annotation) == get_args(OfSamples)
    assert [name for name, level in LEVELS.items() if level.null == "donors"] == ["donor"]
    assert len({level.null for level in LEVELS.values()}) == len(LEVELS)


@pytest.mark.parametrize(("level", "null"), [("donor", "donors"), ("pool", "pools")])
def test_people_and_pools_are_tested_by_their_own_name(little: Little, level: str, null: str) -> None:
    record = matched(little, level=level)
    assert record.status == "SUPPORTED"
    assert record.null.human == f"{null} (8 v 8)"
    assert record.cohorts[0].null == null
    assert any(f.startswith("pool-level: cohort: a sample pools several persons") for f in record.flags) == (
        level == "pool"
    )
    ws = little.workspace()
    told = explained(
        ws, Verdict(record.id, record.mouse, record.state, "gene", "one2one", record.status, record.reason, "", "")
    )
    assert [e.noise for e in told.evidence] == ["donors", null]


@pytest.mark.parametrize("level", ["well", "culture", "cell", "lane"])
def test_a_disease_on_wells_of_one_line_is_not_tested(little: Little, level: str) -> None:
    record = matched(little, level=level)
    assert (record.status, record.p, record.q) == ("UNTESTABLE", None, None)
    assert f"{level}s of" in record.reason or f"takes {level}s" in record.reason or f"take {level}s" in record.reason
    assert "would make it testable" in record.reason
    assert "donors" not in record.null.human
    assert record.exploratory_p is not None
    assert record.exploratory_p < 1e-3
    against = little.add("against", HUMAN, -TRUTH, level=level)
    (turned,) = pairwise(little.workspace(), little.contrasts["orthokg:contrast/little/mouse"], [against])
    assert turned.exploratory_p is not None
    assert turned.exploratory_p > 0.999  # one-sided, in the direction of agreement


def test_what_wells_tell_is_the_joint_test_that_they_would_give(little: Little) -> None:
    weak = TRUTH / 8
    wells = little.add("wells", HUMAN, weak, level="well", seed=3)
    people = little.add("people", HUMAN, weak, level="donor", seed=3)
    barred, tested = pairwise(little.workspace(), little.contrasts["orthokg:contrast/little/mouse"], [wells, people])
    assert (barred.score, barred.statistic) == (tested.score, tested.statistic)
    assert tested.p is not None
    assert barred.exploratory_p == pytest.approx(tested.p / 2 if tested.score > 0 else 1 - tested.p / 2)


def test_a_cohort_of_wells_stands_beside_the_pool(little: Little) -> None:
    alone = matched(little)
    little.add("wells", HUMAN, -TRUTH, state="AD", level="well")
    record = matched(little)
    assert (record.p, record.score, record.null) == (alone.p, alone.score, alone.null)
    (beside,) = [c for c in record.cohorts if c.label == "wells"]
    assert beside.status.startswith("untestable: its replicates are wells of one line")
    assert (beside.null, beside.p) == ("none", None)


@pytest.mark.parametrize(("n", "drug", "tested"), [(3, "d", True), (2, "d", False), (3, "", False)])
def test_a_drug_may_be_tested_on_three_wells(little: Little, n: int, drug: str, tested: bool) -> None:
    given = little.add("given", HUMAN, TRUTH * 3, n=n, level="well", kind="drug", drug=drug)
    (record,) = pairwise(little.workspace(), given, [little.contrasts["orthokg:contrast/little/mouse"]])
    assert (record.p is not None) == tested
    assert record.null.mouse == f"wells ({n} v {n}, {2 * n - 2} df)"
    assert any("wells of one line" in flag for flag in record.flags)
    if n == 2:
        assert "2 and 2 wells of one line; counts of 3 or more" in record.reason


def test_an_upload_says_what_its_samples_are(little: Little) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(8, 1, (GENES, 8)) + np.outer(TRUTH * 3, np.arange(8) < 4)
    samples = tuple(Sample(f"s{i}", "case" if i < 4 else "control") for i in range(8))
    mouse = little.contrasts["orthokg:contrast/little/mouse"]

    def answered(unit: str, drug: str = "") -> MatchRecord:
        upload = Upload(HUMAN, list(HUMAN_GENES), counts=values, samples=samples, scale="log2", unit=unit, drug=drug)
        ws = little.workspace()
        guest = bring(ws, check(upload), Material(), None).guest
        (record,) = pairwise(ws.visited(guest), guest.info, [mouse])
        return record

    assert answered("donor").null.mouse == "donors (4 v 4, 6 df)"
    assert answered("pool").null.mouse == "pools (4 v 4, 6 df)"
    assert answered("culture", "lithium").null.mouse == "cultures (4 v 4, 6 df)"
    assert answered("culture", "lithium").status == "SUPPORTED"
    assert answered("well").status == "UNTESTABLE"


def test_wells_lend_their_noise_to_tables_of_wells_alone(little: Little) -> None:
    table = little.add("table", HUMAN, TRUTH, noise="reference", level="donor")
    rng = np.random.default_rng(2)
    donors = tuple(f"w{i}" for i in range(9))
    key = "orthokg:reference/wells"
    little.signatures.put_reference(
        Reference(key, HUMAN, "reference", HUMAN_GENES, rng.normal(size=(9, GENES)), np.full(9, "a"), donors)
    )
    little.references[key] = ReferenceInfo(
        key, "line", "reference", HUMAN, BULK, 9, 8, None, "", "unmeasured", 0, "", level="well"
    )
    ws = little.workspace()
    assert ws.references_for(table) == []
    assert [r.id for r in ws.references_for(replace(table, level="well"))] == [key]
    assert _reference_text(ws.references_for(replace(table, level="well"))).startswith("reference (line: 9 wells, 8 df")


def test_tables_and_flags_follow_the_same_table() -> None:
    for name, level in LEVELS.items():
        assert borrows(name, "p") == (("none", level.never) if level.never else ("table", ""))
        assert doubts("counts", name) == ([f"{name}-level: {level.says}"] if level.says else [])
        assert bool(bars_test(name, "", 9, 9)) == (not level.people)
    assert bars_test("well", "d", 0, 0).startswith("its arms have an unknown number of wells of one line")
