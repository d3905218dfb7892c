"""An ingest says which stored verdicts it changed, and by which cohort, reference or contrast."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kg.curie import MOUSE
from kg.sides.catalog import Catalog, Named, StateInfo
from kg.sides.human import lacks_noise, state_side
from kg.stored.changes import MOST_LINES, Changed, Changes, changes, moved
from kg.stored.standing import Standing, Stored
from kg.verdict.family import family
from tests.kg.pools import AD, GENES, HD, MATERIAL, World


def standing(world: World, code: str = "joint/1; code one") -> Standing:
    """What a derivation of the gene level would leave, asked under AD."""
    ws = world.workspace()
    matches = {}
    for r in family(ws, ws.catalog.contrasts["mouse"], disease=AD, band=False):
        axes = r.axes_out
        matches[r.id] = Stored(
            r.id,
            r.mouse,
            r.mouse_label,
            r.state,
            r.human_label,
            r.level,
            r.policy,
            r.disease,
            str(r.status),
            r.score,
            r.p,
            r.q,
            r.exploratory_p,
            axes.score if axes else None,
            axes.p if axes else None,
            axes.source if axes else "",
            r.family_size,
            r.n_features,
            r.specificity,
        )
    space = ws.space("one2one")
    pools = {s.id: frozenset(c.id for c in state_side(ws, s, space).pool) for s in ws.catalog.states.values()}
    lenders = {
        c.id: ws.references_for(c)[0].id
        for c in ws.catalog.contrasts.values()
        if c.noise == "reference" and not lacks_noise(ws, c)
    }
    objects = {key: entry.sha for key, entry in ws.signatures.index.items()}
    return Standing(matches, ws.catalog, pools, lenders, objects, code)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.cohort("one")
    made.cohort("table", table=True)
    made.reference("healthy")
    return made


def narrow(n: int) -> np.ndarray:
    return np.arange(GENES)[: GENES - n]


def edited(name: str, **facts: object) -> Callable[[World], None]:
    def edit(world: World) -> None:
        world.infos = [replace(c, **facts) if c.id == name else c for c in world.infos]  # type: ignore[arg-type]

    return edit


CAUSES = {
    "a cohort joins": (lambda w: w.cohort("new"), "cohort new (new) joined the pool of AD, cortex"),
    "a cohort asks no more": (edited("one", pooled=False), "cohort one (one) left the pool of AD, cortex"),
    "a cohort has other data": (
        lambda w: w.cohort("one", data="another") and w.infos.pop(1),
        "cohort one (one) has other data",
    ),
    "the model has other data": (
        lambda w: (
            w.cohort(
                "mouse", data="x", taxon=MOUSE, kind="model", model=Named("m", "model"), state=None, modelled=(AD,)
            )
            and w.infos.pop(0)
        ),
        "cohort mouse (mouse) has other data",
    ),
    "a gene is engineered": (
        edited("mouse", engineered=("ENSMUSG00000000003",)),
        "cohort mouse (mouse) has another engineered",
    ),
    "a larger reference": (
        lambda w: w.reference("larger", n=40),
        "noise of cohort table (table) is lent by larger in place of healthy",
    ),
    "the reference has other samples": (
        lambda w: w.reference("healthy", genes=narrow(4)) or w.references.pop(),
        "healthy, which lends noise to cohort table (table), has other data",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", CAUSES)
def test_what_moved_a_score_is_named(world: World, kind: str) -> None:
    change, cause = CAUSES[kind]
    before = standing(world)
    change(world)
    found = changes(before, standing(world))
    (row,) = found.rows
    assert row.kind in ("moved", "flipped")
    assert moved(row.before, row.after)  # type: ignore[arg-type]
    assert row.causes[0] == cause
    assert cause in found.lines()[1]


def test_nothing_changed_is_said(world: World, tmp_path: Path) -> None:
    before = standing(world)
    world.cohort("apart", pooled=False)
    world.cohort("few", genes=np.arange(50))
    world.reference("narrow", genes=narrow(100), n=60)
    found = changes(before, standing(world))
    assert found.rows == ()
    assert found.lines() == ["no stored verdict changed"]
    with (tmp_path / "changes.tsv").open("w", newline="") as out:
        found.write(out)
    assert len((tmp_path / "changes.tsv").read_text().splitlines()) == 1


def test_an_uncalibrated_reference_is_named_by_its_card(world: World) -> None:
    before = standing(world)
    world.references = [replace(r, status="uncalibrated", type_i_error=0.3) for r in world.references]
    (row,) = changes(before, standing(world)).rows
    assert (row.kind, row.after and row.after.status) == ("flipped", "UNTESTABLE")
    assert row.causes[0] == "the card of healthy has another type i error, status"


def test_a_state_more_in_the_family_moves_q_and_is_named(world: World) -> None:
    early = StateInfo("orthokg:state/early", "AD, early", AD, "AD", "early", MATERIAL, frozenset({AD}))
    before = standing(world)
    world.cohort("early", state=Named(early.id, early.label), data="noise")
    whole = world.workspace
    world.workspace = lambda order=None: _with(whole(order), early)  # type: ignore[method-assign]
    found = changes(before, standing(world))
    assert [row.kind for row in found.rows] == ["moved", "new"]
    first, new = found.rows
    assert first.before is not None
    assert first.after is not None
    assert moved(first.before, first.after) == ["q"]
    assert first.causes == ("q: cohort early (early) joined the pool of AD, early (family of 1 -> 2)",)
    assert new.causes[-1] == "the state AD, early is new"


def _with(ws, state: StateInfo):
    known = ws.catalog
    ws.catalog = Catalog(known.contrasts, known.references, {**known.states, state.id: state})
    return ws


def test_another_disease_that_takes_a_verdict_is_named(world: World) -> None:
    before = standing(world)
    world.cohort("hd", disease=HD)
    found = changes(before, standing(world))
    flips = [row for row in found.rows if row.kind == "flipped"]
    assert [(row.before.status, row.after.status) for row in flips if row.before and row.after] == [
        ("SUPPORTED", "NONSPECIFIC")
    ]
    assert flips[0].causes == ("other state: cohort hd (hd) joined the pool of HD, cortex",)


def test_the_method_and_the_tables_are_causes(world: World) -> None:
    before = standing(world)
    world.cohort("new")
    one = changes(before, standing(world, code="joint/1; code two"))
    assert one.rows[0].causes[-1] == "the method's code is another"
    world.signatures.put_table("regulons/collectri", name=np.array(["a"]))
    assert "the table regulons/collectri is another" in changes(before, standing(world)).rows[0].causes


def test_what_is_shown_is_bounded_and_the_table_holds_all(world: World, tmp_path: Path) -> None:
    (some,) = standing(world).matches.values()
    rows = tuple(
        Changed("moved", some, replace(some, id=f"m{i}", score=0.25), ("a cause", "b", "c", "d"))
        for i in range(MOST_LINES + 5)
    )
    found = Changes((Changed("gone", some, None, ("the model is gone",)), *rows))
    lines = found.lines()
    assert len(lines) == MOST_LINES + 2
    assert lines[0] == "what changed: 1 match gone, 25 matches with another score, p or q"
    assert lines[-1] == "  … and 6 more"
    assert lines[2].endswith(f"r {some.score:.3g} -> 0.25: a cause; b; c; and 1 more")
    with (tmp_path / "changes.tsv").open("w", newline="") as out:
        found.write(out)
    with (tmp_path / "changes.tsv").open() as file:
        table = list(csv.DictReader(file, delimiter="\t"))
    assert len(table) == MOST_LINES + 6
    assert (table[0]["change"], table[0]["score_after"], table[0]["by"]) == ("gone", "", "the model is gone")
    assert [float(table[1][c]) for c in ("score_before", "score_after")] == [some.score, 0.25]


def test_the_first_verdicts_of_a_graph_are_counted(world: World) -> None:
    after = standing(world)
    empty = replace(after, matches={}, code="")
    assert changes(empty, after).lines() == ["1 verdicts, the first of this graph"]
