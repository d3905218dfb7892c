"""What matrix products say of many pairs at once is what each pair says by itself: every status, every number to
1e-5."""

import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kg.curie import HUMAN, MOUSE
from kg.match.conjunction import adjusted
from kg.match.likeness import LEAST_GENES, correlation, is_alike
from kg.match.orthology import Policy
from kg.match.specificity import Role
from kg.records.match import place
from kg.schema.match import MatchRecord
from kg.sides.catalog import ContrastInfo, ReferenceInfo
from kg.sides.human import state_side
from kg.sides.workspace import Workspace
from kg.signatures.store import Reference
from kg.verdict import blocks, many, screen
from kg.verdict.family import family, pairwise
from kg.verdict.ranked import Ranked
from kg.verdict.record import THIN
from kg.verdict.score import score_side, space_of
from kg.verdict.silent import silent
from tests.conftest import ROOT
from tests.kg.little import BULK, GENES, HUMAN_GENES, MOUSE_GENES, TRUTH, Little

STATUSES = {"SUPPORTED", "NOT_SUPPORTED", "DISCORDANT", "UNTESTABLE"}


class Mixed(Little):
    """Contrasts of every kind: own samples and borrowed noise, most genes or few, engineered genes, no effect, shared
    samples."""

    def __init__(self, folder: Path, seed: int):
        super().__init__(folder)
        self.rng = rng = np.random.default_rng(seed)
        for taxon, genes in ((HUMAN, HUMAN_GENES), (MOUSE, MOUSE_GENES)):
            for i, error in enumerate((0.04, 0.2)):
                self._lender(taxon, genes, i, error)
        for i in range(14):
            for taxon in (MOUSE, HUMAN):
                effect = TRUTH * rng.choice([0, 0.15, 0.5, -0.4]) + rng.normal(size=GENES) * rng.choice([0, 0.4])
                name, state = f"{'m' if taxon == MOUSE else 'h'}{i}", f"state{i % 6}" if taxon == HUMAN else ""
                disease = f"MONDO:{i % 3}" if state else ""
                facts: dict[str, Any] = {"engineered": (f"S{i}", f"S{i + 7}")} if i % 3 == 0 else {}
                self.add(
                    name,
                    taxon,
                    effect,
                    n=int(rng.integers(4, 9)),
                    seed=seed * 1000 + i * 2 + (taxon == HUMAN),
                    state=state,
                    disease=disease,
                    **facts,
                )
                self._as(self.contrasts[f"orthokg:contrast/little/{name}"], i)

    def _lender(self, taxon: str, genes: np.ndarray, i: int, error: float) -> None:
        key, some = f"reference/{taxon}/{i}", np.sort(self.rng.permutation(GENES)[: 380 + 10 * i])
        material = BULK if i == 0 else "bulk liver"
        self.references[key] = ReferenceInfo(
            key, f"lender {i}", "reference", taxon, material, 20, 18, error, "", "calibrated", 0, "lent"
        )
        expression = self.rng.normal(size=(20, len(some))) + self.rng.normal(size=(20, 1)) * self.rng.normal(
            size=len(some)
        )
        self.signatures.put_reference(
            Reference(
                key,
                taxon,
                "reference",
                genes[some],
                expression,
                np.repeat(["a", "b"], 10),
                tuple(f"{key}/{k}" for k in range(20)),
            )
        )

    def _as(self, info: ContrastInfo, i: int) -> None:
        """One of the kinds that a contrast can be of."""
        kept = self.signatures.get(info.id)
        some = np.sort(self.rng.permutation(GENES)[: (150 if i == 11 else 340 + i)])
        cut: dict[str, Any] = {name: getattr(kept, name)[some] for name in ("genes", "vector", "effect", "p")}
        donors = ("m1/0", *kept.donors[1:]) if i == 5 else kept.donors
        if i % 2 == 0:
            lent = {"noise": "table", "factor": None, "df": 0, "donors": donors}
            self.contrasts[info.id] = replace(info, noise="reference", material="bulk liver" if i == 8 else BULK)
        else:
            assert kept.factor is not None
            lent = {"factor": kept.factor[:, some], "donors": donors}
        if i in (2, 4):
            other = self.contrasts["orthokg:contrast/little/m1"]
            self.contrasts[info.id] = replace(self.contrasts[info.id], shares=((other.id, other.label, "controls"),))
            self.contrasts[other.id] = replace(other, shares=(*other.shares, (info.id, info.label, "controls")))
        if i in (6, 9):
            cut["vector"] = np.zeros(len(some)) if i == 9 else np.full(len(some), 1.7)
        if i == 12:
            lent["noise"] = "none"
            self.contrasts[info.id] = replace(info, noise="none", noise_reason="nothing is known of it")
        self.signatures.put(replace(kept, **cut, **lent))
        if i % 3:
            self.signatures.put(replace(self.signatures.get(info.id), id=f"{info.id}#activity"))


@pytest.fixture(autouse=True)
def products_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "FEW", 0)


@pytest.fixture(scope="module", params=[1, 2])
def ws(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Mixed(tmp_path_factory.mktemp("mixed"), request.param).workspace()


def alike(one: Any, two: Any, path: str = "") -> None:
    if isinstance(one, dict):
        assert one.keys() == two.keys(), path
        for key in one:
            alike(one[key], two[key], f"{path}.{key}")
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(two), path
        for at, pair in enumerate(zip(one, two, strict=True)):
            alike(*pair, f"{path}[{at}]")
    elif isinstance(one, float) and isinstance(two, float):
        assert one == pytest.approx(two, rel=1e-5, abs=1e-5), path
    else:
        assert one == two, path


def compare(told: list[MatchRecord], found: Any) -> None:
    assert isinstance(found, Ranked)
    by_id = {r.id: r for r in told}
    assert len(found) == len(told)
    for at, (record, entry) in enumerate(zip(found, found.entries, strict=True)):
        due = by_id[record.id]
        alike(asdict(due), asdict(record), due.human_label)
        alike(place(due.status, due.p, due.score, due.id), entry.place)
        alike(place(due.status, due.p, due.score, due.id), found.places[at])
        assert str(entry.status) == str(due.status)
    assert [p[3] for p in found.places] == [
        r.id for r in sorted(told, key=lambda r: place(r.status, r.p, r.score, r.id))
    ]


@pytest.mark.long
def test_a_family_of_states(ws: Workspace) -> None:
    statuses = set()
    for name in ("m1", "m0", "m3", "m9", "m11", "m12", "h1"):
        contrast = ws.catalog.contrasts[f"orthokg:contrast/little/{name}"]
        told = family(ws, contrast, disease=None, band=False)
        found = many.ranked_family(ws, contrast, disease=None, band=False)
        if name not in ("m11", "m12"):
            compare(told, found)
        else:
            assert found == told, "a contrast without noise has no product"
        statuses |= {str(r.status) for r in told}
    assert statuses >= STATUSES


@pytest.mark.long
def test_single_contrasts_of_both_species(ws: Workspace) -> None:
    statuses = set()
    for name in ("m1", "h4"):
        contrast = ws.catalog.contrasts[f"orthokg:contrast/little/{name}"]
        told = pairwise(ws, contrast, list(ws.catalog.contrasts.values()))
        compare(told, many.ranked_pairs(ws, contrast, list(ws.catalog.contrasts.values())))
        statuses |= {str(r.status) for r in told}
    assert statuses >= {"NOT_SUPPORTED", "UNTESTABLE"}


@pytest.mark.long
def test_a_level_that_some_do_not_have_and_other_orthologs(ws: Workspace) -> None:
    """As two models are compared, and a drug with models: each of the asked against all of the others, among them
    itself."""
    models = [c for c in ws.catalog.contrasts.values() if c.model]
    statuses = set()
    asked: tuple[tuple[str, Policy], ...] = (("activity", "one2one"), ("gene", "mean"), ("gene", "all"))
    for name in ("m1", "m5", "h3"):
        contrast = ws.catalog.contrasts[f"orthokg:contrast/little/{name}"]
        for level, policy in asked:
            told = pairwise(ws, contrast, models, level=level, policy=policy)
            found = many.ranked_pairs(ws, contrast, models, level=level, policy=policy)
            if isinstance(found, Ranked):
                compare(told, found)
            else:
                assert found == told, "what has nothing at a level has no product"
                assert {r.status for r in told} == {"UNTESTABLE"}
            statuses |= {(level, str(r.status)) for r in told}
    assert statuses >= {(level, status) for level in ("activity", "gene") for status in ("NOT_SUPPORTED", "UNTESTABLE")}


@pytest.mark.long
def test_many_that_share_a_q_near_the_limit_hang_on_the_pair_that_gives_it() -> None:
    tests, at_limit = 1000, 0.05 * 100 / 1000
    p = np.concatenate([np.full(99, at_limit * 0.995), [at_limit * (1 + 1e-4)], np.linspace(0.3, 1, 900)])
    turned = np.random.default_rng(3).permutation(tests)
    q = adjusted(p[turned])
    assert np.allclose(q[np.isin(turned, range(100))], 0.05 * (1 + 1e-4))
    assert np.isin(turned, range(100)).sum() == 100
    assert many._near(p[turned]) == [int(np.flatnonzero(turned == 99)[0])]
    # That one decides for all: a little smaller, and each of the hundred is significant.
    p[99] = at_limit * (1 - 1e-4)
    assert (adjusted(p) <= 0.05).sum() == 100


@pytest.mark.long
def test_states_that_are_not_asked_take_no_part(ws: Workspace) -> None:
    """Each of them, asked by itself, does not move with both sides; a good part of those that do not is found."""
    missed = found = 0
    for contrast in ws.catalog.contrasts.values():
        space = space_of(ws, contrast, "one2one")
        sides = screen.states(ws, space)
        for info in ws.catalog.states.values():
            side = state_side(ws, info, space, contrast.id)
            scored = score_side(ws, contrast, side, space, "gene")
            none = {g.state for g in scored.given if not Role(g.role).takes_part}
            if scored.result is None or scored.testability.objections():
                continue
            left_out = silent(ws, contrast, side, space, sides)
            assert left_out <= none, f"{contrast.id} and {info.id}: {left_out - none} take part"
            found, missed = found + len(left_out), missed + len(none - left_out)
            thin = score_side(ws, contrast, side, space, "gene", without=left_out)
            assert {g.state for g in thin.given} == {g.state for g in scored.given} - left_out
    assert 3 * found > missed, "the others engineer genes or share samples, or move with a side"


def test_policies_are_asked_when_they_are_read(ws: Workspace) -> None:
    contrast = ws.catalog.contrasts["orthokg:contrast/little/m1"]
    compare(family(ws, contrast, disease="MONDO:1"), many.ranked_family(ws, contrast, disease="MONDO:1"))


def test_what_a_pair_tells_by_itself_needs_no_other(ws: Workspace) -> None:
    contrast = ws.catalog.contrasts["orthokg:contrast/little/m1"]
    found = many.ranked_family(ws, contrast, disease=None, band=False)
    assert isinstance(found, Ranked)
    thin = [found.thin(at) for at in range(len(found))]
    for record, whole in zip(thin, found, strict=True):
        for name in THIN:
            alike(asdict(record)[name], asdict(whole)[name], name)
    assert any(whole.given for whole in found)
    assert not any(record.given for record in thin)


def test_what_is_alike_is_found_among_many(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "FEW", 0)
    there = [c for c in ws.catalog.contrasts.values() if c.taxon == HUMAN]
    for at, info in enumerate(there[:6]):
        stored = ws.signatures.get(info.id)
        noise = np.random.default_rng(at).normal(size=len(stored.genes)) * np.std(stored.vector) * (at % 3) / 10
        sent = replace(stored, id="uploaded:one", vector=np.asarray(stored.vector) * (-1) ** at + noise)
        due = [
            c.id
            for c in there
            for s in [ws.signatures.get(c.id)]
            if is_alike(*correlation(sent.genes, sent.vector, s.genes, s.vector))
        ]
        found = [c.id for c in screen.nearly_alike(ws, sent)]
        assert set(due) <= set(found)
        assert len(found) < len(there)
        assert info.id in due or not np.std(stored.vector) or len(stored.genes) < LEAST_GENES


def test_a_process_that_opens_the_blocks_reads_no_vector(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    contrast = ws.catalog.contrasts["orthokg:contrast/little/m1"]
    told = many.ranked_family(ws, contrast, disease=None, band=False)
    read: list[str] = []
    fresh = Workspace(ws.catalog, ws.signatures)
    vectors = Workspace.vector
    monkeypatch.setattr(
        Workspace, "vector", lambda self, info, space: read.append(info.id) or vectors(self, info, space)
    )
    screen.screened(fresh, contrast, space := fresh.space("one2one"), screen.states(fresh, space))
    assert set(read) == {contrast.id}
    assert many.ranked_family(fresh, contrast, disease=None, band=False)[0] == told[0]


@pytest.mark.long
def test_what_a_killed_process_had_begun_goes_and_what_is_being_made_stays(tmp_path: Path) -> None:
    ws, home = Mixed(tmp_path, 3).workspace(), tmp_path / "blocks"
    contrast = ws.catalog.contrasts["orthokg:contrast/little/m1"]
    home.mkdir()
    script = f"""
import os, signal
from pathlib import Path
from kg.verdict.blocks import _begun
with _begun(Path({str(home)!r})) as made:
    (made / "vectors.bin").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    with blocks._begun(home) as ours:
        for _ in range(2):  # when a block is made, and when it is opened
            assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == -signal.SIGKILL
            assert len(list(home.glob(".new-*"))) == 2
            many.ranked_family(Workspace(ws.catalog, ws.signatures), contrast, disease=None, band=False)
            assert list(home.glob(".new-*")) == [ours]
    assert len(list(home.iterdir())) == 1


@pytest.mark.long
def test_a_damaged_block_is_made_again_and_old_ones_go(tmp_path: Path) -> None:
    little = Mixed(tmp_path, 3)
    ws = little.workspace()
    contrast = ws.catalog.contrasts["orthokg:contrast/little/m1"]
    told = [asdict(r) for r in many.ranked_family(ws, contrast, disease=None, band=False)]
    (folder,) = (tmp_path / "blocks").iterdir()
    for name in ("vectors.bin", "masks.bin", "factors.bin", "facts.json"):
        whole = (folder / name).read_bytes()
        for harm in (whole[:-3], bytes([whole[0] ^ 1]) + whole[1:], b""):
            (folder / name).write_bytes(harm)
            blocks._checked.clear()
            again = little.workspace()
            assert [asdict(r) for r in many.ranked_family(again, contrast, disease=None, band=False)] == told
            assert (folder / name).read_bytes() == whole
    little.add("later", MOUSE, TRUTH)
    later = little.workspace()
    many.ranked_family(later, later.catalog.contrasts["orthokg:contrast/little/m1"], disease=None, band=False)
    (new,) = (tmp_path / "blocks").iterdir()
    assert new != folder
