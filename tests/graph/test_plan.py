"""``orthokg plan`` over the simulated study, on both stores."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kg.ask.power import power_answer
from kg.cli.main import main
from kg.errors import ContractError, MethodError, UnknownTermError
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.verdict.power import SCORES, WANTED
from tests.simulated import ingested

pytestmark = pytest.mark.graph
AD = "MONDO:0004975"


@pytest.fixture
def signatures(store: Store, tmp_path: Path) -> SignatureStore:
    return ingested(store, tmp_path)


def test_the_command_in_its_three_forms(run: Callable[..., Result]) -> None:
    asked = ("plan", "--model", "simulated-shared", "--disease", AD, "--animals", "4..8")
    text, tsv, told = (run(*asked, "--format", form) for form in ("text", "tsv", "json"))
    assert (text.exit_code, tsv.exit_code, told.exit_code) == (0, 0, 0), text.output
    (pair,) = json.loads(told.stdout)["pairs"]
    assert {row["animals"] for row in pair["rows"]} == {4, 5, 6, 7, 8, None}
    assert {row["r"] for row in pair["rows"]} == set(SCORES)
    for row in pair["rows"]:
        assert sum(row[name] for name in ("supported", "nonspecific", "not_supported", "discordant")) == pytest.approx(
            1
        )
        assert [each["label"] for each in row["given"]] == ["Huntington disease"]
        assert row["given"][0]["left"] <= row["given"][0]["takes_part"] <= row["supported"] + row["nonspecific"]
    (at,) = [row for row in pair["rows"] if (row["r"], row["animals"]) == (0.5, 8)]
    shown = text.stdout[text.stdout.index("power of SUPPORTED") :].splitlines()
    assert shown[6].split() == ["8", *(f"{row['supported']:.2f}" for row in pair["rows"] if row["animals"] == 8)]
    head, *lines = [line.split("\t") for line in tsv.stdout.splitlines()]
    assert len(lines) == len(pair["rows"])
    found = next(
        each for line in lines if (each := dict(zip(head, line, strict=True)))["r"] == "0.5" and each["animals"] == "8"
    )
    assert float(found["supported"]) == pytest.approx(at["supported"])
    assert run(*asked, "--format", "json").stdout == told.stdout


def test_how_many_it_takes_has_the_power_that_is_wanted(store: Store, signatures: SignatureStore) -> None:
    (pair,) = power_answer(store, signatures, model="simulated-specific", disease=AD, animals=[3]).pairs
    takes = {each.r: each.animals for each in pair.takes}
    n = takes[0.5]
    assert n is not None
    assert n > 3
    (again,) = power_answer(store, signatures, model="simulated-specific", disease=AD, animals=[n - 1, n]).pairs
    power = {row.animals: row.supported for row in again.rows if row.r == 0.5}
    assert power[n] >= WANTED > power[n - 1]


def test_the_human_side_is_named_where_it_caps(store: Store, signatures: SignatureStore) -> None:
    (pair,) = power_answer(store, signatures, model="simulated-shared", disease=AD, animals=[8]).pairs
    ends = {row.r: row.supported + row.nonspecific for row in pair.rows if row.animals is None}
    capped = {each.r: each.cap.startswith("the human side") for each in pair.takes}
    assert capped == {r: end < WANTED for r, end in ends.items()}
    assert capped[0.2]
    assert not capped[0.5]


def test_a_side_without_noise_or_effect_has_a_name_for_it(store: Store, signatures: SignatureStore) -> None:
    with pytest.raises(MethodError, match=r"model, cut: a table cut .* would make it testable.*What to do: ") as caught:
        power_answer(store, signatures, model="simulated-cut", disease=AD)
    assert caught.value.code == "NO_FACTOR"
    with pytest.raises(MethodError, match="the model has no effect above its noise") as caught:
        power_answer(store, signatures, model="simulated-none", disease=AD)
    assert caught.value.code == "NO_SIGNAL"
    store.write("MATCH (c:Contrast)-[:OF_STATE]->(:DiseaseState) SET c.noise = 'none', c.noise_reason = 'no donors'")
    with pytest.raises(MethodError, match="no donors") as caught:
        power_answer(store, signatures, model="simulated-specific", disease=AD)
    assert caught.value.code == "NO_FACTOR"


def test_arms_of_unknown_size_have_no_plan(store: Store, signatures: SignatureStore) -> None:
    store.write("MATCH (c:Contrast)-[:OF_MODEL]->(:DiseaseModel) SET c.n_case = 0")
    with pytest.raises(MethodError, match="does not state how many animals its arms have"):
        power_answer(store, signatures, model="simulated-specific", disease=AD)


def test_questions_that_cannot_be_asked(store: Store, signatures: SignatureStore) -> None:
    with pytest.raises(UnknownTermError):
        power_answer(store, signatures, model="no such model", disease=AD)
    for animals in ([1], [], [3, 1001]):
        with pytest.raises(ContractError, match="animals") as caught:
            power_answer(store, signatures, model="simulated-specific", disease=AD, animals=animals)
        assert caught.value.code == "ARGUMENT"


@pytest.mark.parametrize("text", ["3-15", "15..3", "a", "3..999999", "", "1..2"])
def test_a_range_is_written_with_dots(text: str) -> None:
    done = CliRunner().invoke(main, ["plan", "--model", "m", "--disease", AD, "--animals", text])
    assert done.exit_code == 1
    assert f"found {text}" in done.stderr
