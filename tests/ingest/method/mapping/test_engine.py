"""A reference is built of simulated donors and studies are read against it: what is said, what is refused."""

import gzip
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from ingest.method.mapping import pack
from ingest.method.mapping.engine import Built, Mapped, Policy, Query, build, map_cells
from ingest.method.mapping.heads.head import macro_f1
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.query import placed
from ingest.method.mapping.query.outside import Scale
from ingest.method.normalise import Normalisation
from kg.errors import ContractError, MethodError
from tests.ingest.method.mapping.make_donors import GENES, PARENTS, TYPES, make_study

POLICY = Policy(genes=150, axes=15, centroids=12, wide=240)


@pytest.fixture(scope="module")
def built() -> Built:
    return build([make_study("one", 4), make_study("two", 3, seed=1)], PARENTS, POLICY)


@pytest.fixture(scope="module")
def without_pdc() -> Built:
    types = tuple(t for t in TYPES if t != "pDC")
    return build([make_study("one", 7, types=types)], PARENTS, POLICY)


def asked(seed: int = 9, **changed: object) -> tuple[Query, np.ndarray]:
    study = make_study("query", 2, 120, seed=seed, **changed)  # type: ignore[arg-type]
    return Query(study.counts, study.genes, study.donors, taxon=study.taxon), study.labels


def right(found: Mapped, truth: np.ndarray) -> float:
    code = {t: i for i, t in enumerate(TYPES)}
    call = np.array([code.get(t, -1) for t in found.nearest])
    return macro_f1(np.array([code[t] for t in truth]), call, np.unique([code[t] for t in truth]))


def test_a_study_like_the_reference_is_told_its_types(built: Built) -> None:
    query, truth = asked()
    found = map_cells(built, replace(query, controls=np.ones(240, bool)))
    assert right(found, truth) > 0.85
    at = np.searchsorted(found.types, truth)
    assert 0.8 < found.sets[np.arange(240), at].mean() <= 1
    assert found.verdict.controls == "near"
    assert not found.verdict.provisional
    assert not found.verdict.state
    assert (found.outcome == "unknown").mean() < 0.1
    assert 0 < np.nanmin(found.outside_p) <= np.nanmax(found.outside_p) <= 1
    assert found.node_probability[:, : len(TYPES)].sum(axis=1) == pytest.approx(np.ones(240), abs=1e-5)
    lymphoid = found.nodes.index("lymphoid")
    below = [found.types.index(t) for t in ("B", "CD4 T", "CD8 T", "NK")]
    assert found.node_probability[:, lymphoid] == pytest.approx(found.node_probability[:, below].sum(axis=1), abs=1e-5)
    named = np.isin(found.outcome, ("type", "ancestor"))
    assert set(found.label[found.outcome == "ancestor"]) <= {"T", "lymphoid"}
    assert set(found.label[~named]) <= {""}
    for text, row in zip(found.set_text(), found.sets, strict=True):
        assert text == ";".join(t for t, held in zip(found.types, row, strict=True) if held)


def test_the_quality_says_what_was_held_out(built: Built) -> None:
    shown = built.quality["held_out"]
    assert shown["kind"] == "donors"
    assert set(shown["coverage_by_donor"]) == {f"{s}/d{i}" for s, n in (("one", 4), ("two", 3)) for i in range(n)}
    assert sum(each["cells"] for each in shown["reliability"]) == 7 * 60
    assert built.quality["types"]["B"]["donors"] == 7
    assert built.quality["sisters"] == [["B", "NK"], ["CD4 T", "CD8 T"]]
    json.dumps(built.quality, allow_nan=False)


def test_a_type_that_the_reference_lacks_is_unknown(without_pdc: Built) -> None:
    query, truth = asked()
    found = map_cells(without_pdc, query)
    new = truth == "pDC"
    assert (found.outcome[new] == "unknown").mean() > 0.7
    assert (found.outcome[~new] == "unknown").mean() < 0.1
    assert found.verdict.unknown[0]["cells"] >= found.verdict.company
    few = np.r_[np.flatnonzero(~new), np.flatnonzero(new)[:3]]
    alone = map_cells(without_pdc, Query(sparse.csr_matrix(query.counts[few]), GENES))
    assert (alone.outcome[-3:] != "unknown").all()  # three cells are no company


def test_sorted_cells_of_one_type_are_no_new_type(built: Built, without_pdc: Built) -> None:
    shares = []
    for seed in range(9, 13):
        query, truth = asked(seed=seed)
        for each in TYPES:
            found = map_cells(built, Query(sparse.csr_matrix(query.counts[np.flatnonzero(truth == each)]), GENES))
            shares.append((found.outcome == "unknown").mean())
            assert any("without the others" in reason for reason in found.verdict.reasons) == (shares[-1] > 0)
    assert np.mean(shares) < 0.1, shares
    assert max(shares) > 0
    found = map_cells(without_pdc, asked(seed=12)[0])
    assert (found.outcome == "unknown").any()
    assert not any("without the others" in reason for reason in found.verdict.reasons)


def test_a_state_of_all_types_is_no_new_type(built: Built) -> None:
    query, truth = asked(state=2.5)
    found = map_cells(built, replace(query, controls=np.ones(240, bool)))
    assert found.verdict.controls == "far"
    assert found.verdict.provisional
    assert found.verdict.corrected
    assert found.verdict.state
    assert (found.outcome == "unknown").mean() < 0.2
    assert right(found, truth) > 0.8


def test_what_lies_far_is_corrected_only_where_types_deviate_together(built: Built) -> None:
    calibration = replace(built.calibration, gains=False, limit=0.0)  # every query lies far
    far = replace(built, calibration=calibration)
    query, truth = asked()
    assert not map_cells(far, query).verdict.corrected
    assert map_cells(far, asked(state=2.5)[0]).verdict.corrected
    one = truth == "B"  # of a single type nothing is shared
    alone = Query(sparse.csr_matrix(query.counts[one]), GENES)
    assert map_cells(far, alone).verdict.corrected
    assert not map_cells(replace(built, calibration=replace(calibration, limit=1e9)), alone).verdict.corrected
    assert map_cells(replace(built, calibration=replace(calibration, limit=np.nan)), query).verdict.corrected


def test_controls_are_judged_apart_from_cases(built: Built) -> None:
    near, far = asked(), asked(seed=10, state=2.5)
    joint = Query(
        sparse.csr_matrix(sparse.vstack([near[0].counts, far[0].counts])), GENES, controls=np.arange(480) < 240
    )
    assert map_cells(built, joint).verdict.controls == "near"
    assert map_cells(built, replace(joint, controls=np.arange(480) >= 240)).verdict.controls == "far"
    unknown = map_cells(built, replace(joint, controls=None)).verdict
    assert unknown.controls == "not testable"
    assert any("no controls" in reason for reason in unknown.reasons)


def test_controls_with_a_type_that_the_reference_lacks_are_near_all_the_same(without_pdc: Built) -> None:
    query, truth = asked()
    found = map_cells(without_pdc, replace(query, controls=np.ones(len(truth), bool)))
    assert (found.verdict.controls, found.verdict.provisional) == ("near", False)
    assert found.verdict.unknown[0]["controls"] >= found.verdict.company
    narrow = replace(without_pdc, calibration=replace(without_pdc.calibration, limit=2.0))
    far = map_cells(narrow, replace(query, controls=np.ones(len(truth), bool))).verdict
    assert (far.controls, far.unknown) == ("far", found.verdict.unknown), "the other controls are judged all the same"


def test_few_donors_give_a_score_and_no_p() -> None:
    made = build([make_study("one", 4)], PARENTS, POLICY)
    query, _ = asked()
    found = map_cells(made, replace(query, controls=np.ones(240, bool)))
    assert np.isnan(found.outside_p).all()
    assert np.isfinite(found.outside_score).all()
    assert "unknown" not in found.outcome
    assert found.verdict.controls == "not testable"
    assert any("scores have no p" in reason for reason in found.verdict.reasons)
    assert "4 donors" in made.quality["limits"][0]


def test_without_donors_cells_are_held_out_and_that_is_said() -> None:
    study = replace(make_study("one", 3), donors=None)
    made = build([study], PARENTS, replace(POLICY, engines=("means", "correlation", "hierarchical")))
    assert made.calibration.kind == "cells"
    assert set(made.quality["held_out"]["macro_f1"]) == {"means", "correlation", "hierarchical"}
    assert "no donors" in made.quality["limits"][0]
    query, truth = asked()
    found = map_cells(made, query)
    assert right(found, truth) > 0.8
    assert np.isnan(found.outside_p).all()


def test_the_same_seed_gives_the_same_bytes_and_what_is_kept_maps_alike(built: Built) -> None:
    again = build([make_study("one", 4), make_study("two", 3, seed=1)], PARENTS, POLICY)
    arrays, facts = pack.pack(built)
    first, second = pack.to_bytes(arrays, facts), pack.to_bytes(*pack.pack(again))
    assert first == second
    restored = pack.unpack(*pack.from_bytes(*first))
    query, _ = asked()
    one, two = map_cells(built, query), map_cells(restored, query)
    assert np.array_equal(one.outcome, two.outcome)
    assert np.array_equal(one.outside_score, two.outside_score)
    assert restored.policy == built.policy
    assert restored.quality == built.quality
    split = pack.parts(arrays, facts)
    assert set(split) == {"embedding", "model", "statistics", "tree", "calibration", "quality"}
    joined = ({}, {})
    for own in split.values():
        joined[0].update(own[0])
        joined[1].update(own[1])
    assert pack.to_bytes(*joined) == first


def test_what_is_stored_otherwise_is_refused(built: Built) -> None:
    arrays, facts = pack.pack(built)
    with pytest.raises(ContractError, match="layout 1") as error:
        pack.unpack(arrays, facts | {"layout": 0})
    assert error.value.code == "REFERENCE_LAYOUT"
    with pytest.raises(ContractError, match=r"no reference\.mean"):
        pack.unpack({k: v for k, v in arrays.items() if k != "reference.mean"}, facts)
    with pytest.raises(ContractError) as error:
        pack.from_bytes(_pickled(), b"{}")
    assert error.value.code == "PICKLED"
    for data in (
        b"",
        b"PK\x03\x04",
        b"\x80\x04",
        b"(lp0\n.",
        gzip.compress(b"\x80\x04"),
        _array(),
        b"{}",
        _pickled()[:-30],
    ):
        with pytest.raises(ContractError) as error:
            pack.from_bytes(data, b"{}")
        assert error.value.code == "PICKLED", data[:20]


def _array() -> bytes:
    """An .npy, which has no names."""
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    return buffer.getvalue()


def _pickled() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, x=np.array([{"a": 1}], dtype=object))
    return buffer.getvalue()


def refused(built: Built, query: Query) -> ContractError:
    with pytest.raises(ContractError) as error:
        map_cells(built, query)
    return error.value


def test_each_bad_query_has_its_error(built: Built) -> None:
    query, _ = asked()
    logs = sparse.csr_matrix(query.counts, copy=True)
    logs.data = np.log1p(logs.data)
    error = refused(built, replace(query, counts=logs))
    assert error.code == "NOT_COUNTS"
    assert "cell 1, gene g" in error.issues[0].path
    below = sparse.csr_matrix(query.counts, copy=True)
    below.data[7] = -1
    assert refused(built, replace(query, counts=below)).code == "NOT_COUNTS"
    estimates = sparse.csr_matrix(query.counts * 100.5)
    assert any("fractions" in reason for reason in map_cells(built, replace(query, counts=estimates)).verdict.reasons)
    assert refused(built, replace(query, taxon="NCBITaxon:10090")).code == "OTHER_SPECIES"
    few = replace(query, counts=sparse.csr_matrix(query.counts[:, :3]), genes=GENES[:3])
    error = refused(built, few)
    assert error.code == "MISSING_GENES"
    assert str(built.reference.genes[np.setdiff1d(np.argsort(-built.reference.use), [])][0])[0] == "g"
    assert "…" in error.issues[0].found
    one = np.where(np.arange(240) == 5, "b", "a")
    error = refused(built, replace(query, batches=one))
    assert (error.code, error.issues[0].found) == ("ONE_CELL_BATCH", "b")
    assert refused(built, replace(query, counts=sparse.csr_matrix((0, len(GENES))))).code == "NO_CELLS"
    assert refused(built, replace(query, genes=np.r_[GENES[:-1], GENES[:1]])).code == "GENES_TWICE"
    assert refused(built, replace(query, genes=GENES[:-1])).code == "OTHER_GENES"


def test_genes_in_another_order_and_beside_others_change_nothing(built: Built) -> None:
    query, _ = asked()
    order = np.random.default_rng(0).permutation(len(GENES))
    beside = sparse.csr_matrix(sparse.hstack([query.counts[:, order], 50 * query.counts[:, :4]]))
    other = Query(beside, np.r_[GENES[order], [f"x{i}" for i in range(4)]])
    one, two = map_cells(built, query), map_cells(built, other)
    assert np.array_equal(one.outcome, two.outcome)
    assert one.coordinates == pytest.approx(two.coordinates, abs=1e-4)


def test_missing_genes_are_named_and_not_padded(built: Built) -> None:
    query, truth = asked()
    light = built.reference.genes[: built.reference.own][np.argsort(built.reference.use)[:12]]
    kept = ~np.isin(GENES, light)
    found = map_cells(built, Query(sparse.csr_matrix(query.counts[:, kept]), GENES[kept]))
    assert set(found.verdict.missing) == set(light)
    assert 0.8 < found.verdict.use < 1
    assert right(found, truth) > 0.8


def test_a_panel_of_the_genes_that_vary_most_puts_no_cell_further_out(built: Built) -> None:
    query, _ = asked()
    reference, alike = built.reference, np.zeros(240, dtype=np.intp)
    flat = reference.genes[: reference.own][np.argsort(np.diag(reference.within)[: reference.own])[:75]]
    kept = ~np.isin(GENES, flat)
    of_all, of_panel = (
        placed.outlying(reference, placed.place(reference, sparse.csr_matrix(counts), genes, alike), alike, 0).whole
        for counts, genes in ((query.counts, GENES), (query.counts[:, kept], GENES[kept]))
    )
    assert of_panel.shape == (240, 3)
    assert np.median(of_panel[:, 2] - of_all[:, 2]) < 0


def test_genes_that_were_filled_with_zeros_are_missing_genes(built: Built) -> None:
    query, truth = asked()
    light = np.argsort(built.reference.use)[:40]
    kept = ~np.isin(GENES, built.reference.genes[: built.reference.own][light])
    filled = sparse.csr_matrix(query.counts.toarray() * kept)
    found = map_cells(built, replace(query, counts=filled))
    dropped = map_cells(built, replace(query, counts=sparse.csr_matrix(query.counts[:, kept]), genes=GENES[kept]))
    assert np.array_equal(found.outcome, dropped.outcome)
    assert found.coordinates == pytest.approx(dropped.coordinates)
    assert set(found.verdict.missing) == set(GENES[~kept])
    assert found.verdict.reasons[1].startswith("40 columns are all zero")
    most = sparse.csr_matrix(query.counts.toarray() * (np.arange(len(GENES)) < 60))
    assert refused(built, replace(query, counts=most)).code == "MISSING_GENES"
    one = sparse.csr_matrix(query.counts[truth == "B"])  # genes that no B cell has may be silent in few cells
    assert not any("zeros" in reason for reason in map_cells(built, Query(one, GENES)).verdict.reasons)


def test_cells_of_low_quality_are_said_to_be(built: Built) -> None:
    query, _ = asked()
    thin = sparse.lil_matrix(query.counts)
    thin[0] = 0
    thin[0, 3] = 4
    found = map_cells(built, Query(sparse.csr_matrix(thin), GENES, low_quality=np.arange(240) == 7))
    assert list(found.outcome[[0, 7]]) == ["low_quality"] * 2
    assert list(found.nearest[[0, 7]]) == ["", ""]
    assert np.isnan(found.probability[[0, 7]]).all()
    assert not found.sets[[0, 7]].any()
    assert (found.outcome == "low_quality").sum() == 2


def test_each_bad_reference_has_its_error() -> None:
    study = make_study("one", 2)
    for changed, code in (
        ([], "NO_STUDIES"),
        ([replace(study, labels=np.full(120, ""))], "NO_LABELS"),
        ([study, replace(study, taxon="NCBITaxon:10090")], "OTHER_SPECIES"),
        ([study, replace(study, genes=np.array([f"x{i}" for i in range(240)]))], "NO_COMMON_GENES"),
    ):
        with pytest.raises(ContractError) as error:
            build(changed, PARENTS, POLICY)
        assert error.value.code == code
    with pytest.raises(MethodError) as method:
        build([make_study("one", 2, types=("B",))], None, POLICY)
    assert method.value.code == "FEW_TYPES"
    with pytest.raises(ContractError, match="alpha"):
        Policy(alpha=0)
    with pytest.raises(ContractError, match="engines"):
        Policy(engines=())


def test_a_tree_holds_sets_by_its_smallest_node() -> None:
    tree = Tree.of({**PARENTS, "lymphoid": "cell", "Mono": "cell", "pDC": "cell"}, TYPES)
    held = np.zeros((5, 6), bool)
    for row, names in enumerate((["B"], ["CD4 T", "CD8 T"], ["B", "CD8 T"], ["B", "Mono"], [])):
        held[row, [TYPES.index(n) for n in names]] = True
    found = [tree.nodes[at] if at >= 0 else None for at in tree.holding(held)]
    assert found == ["B", "T", "lymphoid", None, None]  # all types are cells: that tells nothing
    with pytest.raises(ContractError) as error:
        Tree.of({"a": "b", "b": "a"}, ["a"])
    assert error.value.code == "TREE_CYCLE"


@pytest.mark.parametrize("how", ["pooled", "pearson"])
def test_a_normalisation_is_that_of_reference_and_query(how: Normalisation) -> None:
    policy = replace(POLICY, normalisation=how)
    made = build([make_study("one", 6)], PARENTS, policy)
    query, truth = asked()
    found = map_cells(made, query)
    assert right(found, truth) > 0.85
    assert (found.outcome == "unknown").mean() < 0.1
    restored = pack.unpack(*pack.from_bytes(*pack.to_bytes(*pack.pack(made))))
    assert restored.reference.normalisation == how
    assert np.array_equal(map_cells(restored, query).outcome, found.outcome)
    # One cell's values depend on its own donor's cells at most.
    first = query.donors == query.donors[0]
    alone = Query(sparse.csr_matrix(query.counts[first]), GENES, query.donors[first])
    place = {"batch": np.zeros(240, int), "sample": np.unique(query.donors, return_inverse=True)[1]}
    whole = placed.place(made.reference, query.counts, GENES, **place)
    part = placed.place(made.reference, alone.counts, GENES, np.zeros(first.sum(), int))
    assert part.raw == pytest.approx(whole.raw[first], abs=1e-4)
    with pytest.raises(ContractError) as told:
        map_cells(made, replace(query, counts=query.counts * 100.5, donors=np.arange(240).astype(str)))
    assert told.value.code == "POLICY_NOT_FOLLOWED"


def test_a_reference_of_an_older_release_lacks_what_was_added_since(built: Built) -> None:
    arrays, facts = pack.pack(built)
    older = {k: v for k, v in arrays.items() if k != "reference.share"}, dict(facts)
    del older[1]["reference.normalisation"], older[1]["policy.normalisation"]
    query, _ = asked()
    assert np.array_equal(map_cells(pack.unpack(*older), query).outcome, map_cells(built, query).outcome)


def test_a_version_calibrated_on_one_measure_of_each_kind_is_asked_as_it_was(built: Built) -> None:
    now = built.calibration
    assert now.crossed
    one = {k: Scale(getattr(now, k).mean[::2], getattr(now, k).sd[::2]) for k in ("with_state", "stateless")}
    older = pack.unpack(*pack.pack(replace(built, calibration=replace(now, **one))))
    assert not older.calibration.crossed
    query, truth = asked()
    found = map_cells(older, query)
    assert right(found, truth) > 0.85
    few = Query(sparse.csr_matrix(query.counts[truth == "NK"]), GENES)
    unknown = [(map_cells(each, few).outcome == "unknown").mean() for each in (older, built)]
    assert unknown[0] > unknown[1]
