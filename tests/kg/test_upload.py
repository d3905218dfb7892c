"""What is wrong with an upload is said all at once, by path, rule, what was found and what to do."""

from typing import Any

import numpy as np
import pytest

from kg.ask.upload import MOST_SAMPLES, Sample, Upload, check
from kg.curie import HUMAN
from kg.errors import ContractError

GENES = [f"G{i}" for i in range(6)]
ONES, COUNTS = [1.0] * 6, [[20.0, 21, 22, 23]] * 6
SAMPLES = tuple(Sample(f"s{i}", arm) for i, arm in enumerate(("case", "case", "control", "control")))


def table(**given: Any) -> Upload:
    return Upload(HUMAN, given.pop("genes", GENES), **({"effect": ONES, "se": ONES} | given))


def counts(**given: Any) -> Upload:
    return Upload(HUMAN, GENES, **({"counts": COUNTS, "samples": SAMPLES} | given))


def sampled(*arms: str, **given: Any) -> tuple[Sample, ...]:
    return tuple(Sample(f"s{i}", arm, **{k: v[i] for k, v in given.items()}) for i, arm in enumerate(arms))


def changed(value: float) -> list[list[float]]:
    return [*COUNTS[:5], [20.0, value, 22, 23]]


FAULTS = {
    "lengths that differ": (table(se=ONES[:5]), "se", "LENGTH"),
    "most infinite": (table(effect=[*ONES[:2], *[np.inf] * 4]), "effect", "not-finite"),
    "most p above 1": (table(p=[*ONES[:2], 1.5, 2, 3, 4]), "p", "NOT_P"),
    "most without a standard error": (table(se=[*ONES[:2], 0, 0, 0, -1]), "se", "se-range"),
    "nothing to stand on": (Upload(HUMAN, GENES, se=ONES), "signature", "BASIS"),
    "nothing at all": (Upload(HUMAN, GENES), "signature", "BASIS"),
    "no gene": (Upload(HUMAN, [], z=[]), "genes", "LENGTH"),
    "a species that is not compared": (Upload("NCBITaxon:1", GENES, z=ONES), "taxon", "ARGUMENT"),
    "unknown unit": (table(unit="mouse"), "unit", "ARGUMENT"),
    "cell type and tissue": (table(cell_type="CL:1", tissue="UBERON:1"), "tissue", "ARGUMENT"),
    "samples beside a table": (table(samples=SAMPLES), "samples", "BASIS"),
    "a table beside counts": (counts(effect=ONES), "counts", "BASIS"),
    "a reference beside counts": (counts(reference="orthokg:reference/x"), "reference", "BASIS"),
    "negative counts": (counts(counts=changed(-1)), "counts", "NEGATIVE_COUNTS"),
    "fractional counts": (counts(counts=changed(1.5)), "counts", "FRACTIONAL_COUNTS"),
    "infinite counts": (counts(counts=changed(np.inf)), "counts", "not-finite"),
    "a row too short": (counts(counts=[*COUNTS[:5], [1.0]]), "counts", "LENGTH"),
    "a row too few": (counts(counts=COUNTS[:5]), "counts", "LENGTH"),
    "cells are no replicates": (counts(unit="cell"), "unit", "NO_REPLICATES"),
    "no replicates": (
        counts(samples=sampled("case", "control", "control", "control")),
        "samples.case",
        "NO_REPLICATES",
    ),
    "runs are no replicates": (
        counts(samples=sampled("case", "case", "control", "control", donor="aabc")),
        "samples.case",
        "NO_REPLICATES",
    ),
    "a donor in both arms": (
        counts(samples=sampled("case", "case", "control", "control", donor="abac")),
        "samples.donor",
        "ARMS_OVERLAP",
    ),
    "arms told by strata": (
        counts(samples=sampled("case", "case", "control", "control", strata=[("f",), ("f",), ("m",), ("m",)])),
        "samples.strata",
        "CONFOUNDED",
    ),
    "a stratum for each pair": (
        counts(samples=sampled("case", "case", "control", "control", strata=[("1",), ("2",), ("1",), ("2",)])),
        "samples.strata",
        "NO_REPLICATES",
    ),
    "strata for some": (
        counts(samples=sampled("case", "case", "control", "control", strata=[("1",), (), ("1",), ("2",)])),
        "samples.strata",
        "LENGTH",
    ),
    "an arm of no name": (counts(samples=sampled("case", "case", "control", "wt")), "samples.arm", "ARGUMENT"),
    "a sample twice": (counts(samples=(*SAMPLES[:3], Sample("s0", "control"))), "samples", "DUPLICATE"),
    "too many samples": (
        counts(counts=[[1.0] * (MOST_SAMPLES + 1)] * 6, samples=sampled(*["case"] * (MOST_SAMPLES + 1))),
        "samples",
        "LENGTH",
    ),
}


@pytest.mark.parametrize(("upload", "path", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_by_path_and_rule(upload: Upload, path: str, code: str) -> None:
    with pytest.raises(ContractError) as caught:
        check(upload)
    assert (path, code) in [(issue.path, issue.rule.partition(":")[0]) for issue in caught.value.issues]
    assert all(issue.found and issue.fix for issue in caught.value.issues)


def test_all_faults_come_at_once() -> None:
    with pytest.raises(ContractError) as caught:
        check(table(se=ONES[:5], label="", unit="mouse"))
    assert {issue.path for issue in caught.value.issues} == {"se", "label", "unit"}
    with pytest.raises(ContractError) as caught:
        check(counts(counts=changed(-1.5), unit="cell", reference="x"))
    assert {issue.path for issue in caught.value.issues} == {"counts", "unit", "reference"}


def test_what_is_in_order_passes_and_is_named_by_its_content() -> None:
    one, two = check(table()), check(table(label="another name"))
    assert one.digest == two.digest
    others = [
        table(effect=[2.0, *ONES[:5]]),
        table(tissue="UBERON:1"),
        table(genes=["H", *GENES[1:]]),
        table(p=ONES),
        counts(),
        counts(samples=SAMPLES[::-1]),
        counts(counts=changed(1)),
    ]
    digests = {check(other).digest for other in others} | {one.digest}
    assert len(digests) == len(others) + 1


ROWS = {
    "infinite": ({"effect": [*ONES[:5], np.inf]}, "not-finite", "effect"),
    "p above 1": ({"p": [*ONES[:5], 1.5]}, "p-range", "p"),
    "p below 0": ({"p": [*ONES[:5], -0.5]}, "p-range", "p"),
    "no standard error": ({"se": [*ONES[:5], 0.0]}, "se-range", "se"),
    "a word": ({"se": [*ONES[:5], np.nan], "words": {"se": [5]}}, "not-a-number", "se"),
    "no value": ({"effect": [*ONES[:5], None]}, "missing-value", "effect"),
    "a standard error beside a z": ({"se": [*ONES[:5], 0.0], "z": ONES}, "", ""),
    "a mean that chooses no row": ({"mean": [*ONES[:5], np.nan], "words": {"mean": [5]}}, "", ""),
    "a mean that chooses rows": (
        {"mean": [*ONES[:5], np.nan], "words": {"mean": [5]}, "duplicates": "highest_mean"},
        "not-a-number",
        "mean",
    ),
}


@pytest.mark.parametrize(("given", "rule", "column"), ROWS.values(), ids=ROWS.keys())
def test_a_row_at_fault_is_left_out_alone(given: dict[str, Any], rule: str, column: str) -> None:
    examined = check(table(**given)).examined
    assert examined is not None
    found = examined.faults
    assert (found.rule.tolist(), found.column.tolist()) == ([""] * 5 + [rule], [""] * 5 + [column])


def test_a_row_without_a_value_is_no_fault() -> None:
    made = check(table(effect=[None, *ONES[:5]]))
    assert np.isnan(made.numbers["effect"]).tolist() == [True] + [False] * 5
