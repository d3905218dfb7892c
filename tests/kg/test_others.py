"""Other states and other models in the record of a match: who may speak, what is said, and what they leave alone."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from kg.curie import HUMAN, MOUSE
from kg.schema.match import MatchRecord
from kg.sides.catalog import DiseaseOf, Named
from kg.sides.workspace import Workspace
from kg.verdict.family import family
from tests.kg.little import AD, BULK, GENES, TRUTH, Little

HD, PRION = "MONDO:0007739", "MONDO:0005429"
# Directions without a part in common: of 400 genes two random ones are alike by chance, and a test of real effects sees
# it.
_BASIS = np.linalg.qr(np.column_stack([np.ones(GENES), TRUTH, *np.random.default_rng(21).normal(size=(2, GENES))]))[
    0
] * np.sqrt(GENES)
SHARED, OWN, ELSEWHERE = 1.2 * _BASIS[:, 1:].T
CORTEX, BRAIN = Named("UBERON:0000956", "cerebral cortex"), Named("UBERON:0000955", "brain")


class World(Little):
    """A model of Alzheimer's, Alzheimer's, and whatever a test adds."""

    def __init__(self, folder: Path, mouse: np.ndarray = SHARED + OWN, human: np.ndarray = SHARED + OWN):
        super().__init__(folder)
        self.models: dict[str, tuple[DiseaseOf, ...]] = {}
        self.tissues: dict[str, frozenset[str]] = {}
        self.mouse = self.model("tau", mouse, AD, n=10)
        self.add("ad", HUMAN, human, n=12, state="ad", disease=AD)

    def model(self, name: str, effect: np.ndarray, disease: str, **facts: object):
        made = self.add(name, MOUSE, effect, **{"region": CORTEX, **facts})  # type: ignore[arg-type]
        assert made.model is not None
        self.models[made.model.id] = (DiseaseOf(disease, disease, frozenset({disease})),)
        return made

    def workspace(self) -> Workspace:
        ws = super().workspace()
        catalog = replace(ws.catalog, model_diseases=self.models, tissue_above=self.tissues)
        return Workspace(catalog, ws.signatures)

    def answer(self, level: str = "gene") -> MatchRecord:
        (record,) = family(self.workspace(), self.mouse, disease=AD, level=level, band=False)
        return record


def roles(record: MatchRecord) -> dict[str, str]:
    return {g.state.rpartition("/")[2]: g.role for g in (*record.given, *record.model_given)}


def test_a_state_that_carries_the_match_explains_it_and_one_that_lacks_it_is_unlike(tmp_path: Path):
    world = World(tmp_path)
    assert (world.answer().status, world.answer().specificity) == ("SUPPORTED", "untested")
    assert "specificity untested: no other state available" in world.answer().status_line
    world.add("elsewhere", HUMAN, ELSEWHERE, n=14, state="elsewhere", disease="MONDO:0000001")
    found = world.answer()
    assert (found.status, found.specificity, roles(found)) == ("SUPPORTED", "tested", {"elsewhere": "unlike"})
    world.add("hd", HUMAN, SHARED, n=14, state="hd", disease=HD)
    assert (world.answer().status, roles(world.answer())["hd"]) == ("SUPPORTED", "left")
    world.add("twin", HUMAN, SHARED + OWN, n=14, state="twin", disease=PRION)
    found = world.answer()
    assert (found.status, roles(found)["twin"]) == ("NONSPECIFIC", "not told apart")
    assert PRION in found.reason
    assert found.all_given is not None
    assert set(found.all_given.states) | set(found.all_given.left_out) == {HD, PRION}


def test_a_state_that_takes_no_part_leaves_every_other_field_as_it_was(tmp_path: Path):
    """Byte for byte, but for its own row, ``specificity``, the words that tell it, and the version of the data."""
    world = World(tmp_path)
    world.add("hd", HUMAN, SHARED, n=14, state="hd", disease=HD)
    before = asdict(world.answer())
    for at in range(4):
        world.add(f"noise{at}", HUMAN, 0 * SHARED, n=3 + at, state=f"noise{at}", disease=f"MONDO:000000{at + 1}")
    after = asdict(world.answer())
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"given", "specificity", "status_line", "sentence", "data_version"}
    assert [row for row in after["given"] if row["state"].endswith("/hd")] == list(before["given"])
    assert len(after["given"]) == 5


def test_a_state_of_noise_never_takes_a_match_away(tmp_path: Path):
    world = World(tmp_path)
    for at in range(7):
        world.add(
            f"noise{at}", HUMAN, 0 * SHARED, n=8, seed=100 + at, state=f"noise{at}", disease=f"MONDO:000000{at + 1}"
        )
    assert world.answer().status == "SUPPORTED"


def test_a_cohort_that_shares_an_arm_with_a_side_does_not_speak_and_the_rest_of_its_state_does(tmp_path: Path):
    world = World(tmp_path)
    world.add("hd", HUMAN, SHARED, n=14, state="hd", disease=HD)
    share = ("orthokg:contrast/little/ad", "ad", "controls")
    world.add("hd2", HUMAN, SHARED, n=14, state="hd", disease=HD, shares=(share,))
    (row,) = world.answer().given
    assert (row.role, "without hd2 shares controls with ad" in row.note) == ("left", True)
    world.contrasts["orthokg:contrast/little/hd"] = replace(
        world.contrasts["orthokg:contrast/little/hd"], shares=(share,)
    )
    (row,) = world.answer().given
    assert (row.role, row.p, row.n_features) == ("not tested", None, 0)
    assert "hd shares controls with ad" in row.note


def test_models_of_other_diseases_word_the_verdict_and_do_not_change_it(tmp_path: Path):
    world = World(tmp_path)
    alone = world.answer()
    assert "model specificity untested: no other mouse disease available" in alone.status_line
    world.model("app", SHARED + OWN, AD, n=12)  # another model of the same disease is never asked
    assert world.answer().model_given == ()
    world.model("scrapie", SHARED + OWN, PRION, n=12)
    found = world.answer()
    assert (found.status, found.reason, found.model_specificity) == (alone.status, alone.reason, "tested")
    assert roles(found) == {"scrapie": "not told apart"}
    assert f"moves like any sick mouse cerebral cortex as far as {PRION} tells" in found.status_line


@pytest.mark.parametrize(
    ("facts", "rows"),
    [
        ({}, 1),
        ({"material": "microglial cell"}, 0),
        ({"material": "bulk brain", "region": BRAIN}, 1),
        ({"material": "bulk liver"}, 0),
    ],
)
def test_only_comparable_material_is_held_beside_the_model(tmp_path: Path, facts, rows):
    world = World(tmp_path)
    world.tissues = {CORTEX.id: frozenset({BRAIN.id})}
    world.model("scrapie", ELSEWHERE, PRION, n=12, **facts)
    found = world.answer().model_given
    assert len(found) == rows
    flagged = [g.note for g in found if g.note]
    assert bool(flagged) == (facts.get("region") is BRAIN)
    assert all("brain beside cerebral cortex, a part of it" in note for note in flagged)


def test_changes_name_the_states_given_which_they_are_left(tmp_path: Path):
    """Genes of the shared effect go where Huntington's carries it; those of the own one stay."""
    first = np.arange(GENES) < GENES // 2
    shared, own = 2 * SHARED * first, 2 * OWN * ~first
    world = World(tmp_path, shared + own, shared + own)
    world.add("hd", HUMAN, shared, n=20, state="hd", disease=HD)
    found = world.answer()
    assert roles(found) == {"hd": "left"}
    assert found.given[0].n_changes > 20
    late = {f"S{at}" for at in np.flatnonzero(~first)}
    left = [change.label for change in found.changes if change.left_given == (HD,)]
    assert len(left) > 20
    assert sum(label in late for label in left) > 0.9 * len(left)


def test_no_p_stands_under_an_untestable_match(tmp_path: Path):
    world = World(tmp_path)
    world.add("hd", HUMAN, SHARED, n=14, state="hd", disease=HD)
    world.mouse = replace(world.mouse, shares=(("orthokg:contrast/little/ad", "ad", "controls"),))
    world.contrasts[world.mouse.id] = world.mouse
    found = world.answer()
    assert (found.status, found.p, found.q, found.given, found.all_given) == ("UNTESTABLE", None, None, (), None)
    assert [c.p for c in found.cohorts] == [None]
    assert BULK in world.mouse.material
