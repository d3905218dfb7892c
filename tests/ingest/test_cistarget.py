"""Pruning by motifs: simulated expression, rankings and motif table in the files' true forms, against pyscenic's
own."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.method import cistarget, grn
from ingest.method.pyscenic_compat import scenic
from ingest.method.regulons import RegulonSet
from kg.errors import ContractError
from tests.ingest.grn_truth import Made, made

pytestmark = pytest.mark.models
COLUMNS = [
    "#motif_id",
    "motif_name",
    "motif_description",
    "source_name",
    "source_version",
    "gene_name",
    "motif_similarity_qvalue",
    "similar_motif_id",
    "similar_motif_description",
    "orthologous_identity",
    "orthologous_gene_name",
    "orthologous_species",
    "description",
]


@pytest.fixture(scope="module")
def data() -> Made:
    return made(cells=500, tfs=6, targets=200, seed=2)


def files(folder: Path, data: Made, rename=str) -> tuple[Path, Path]:
    """One motif a factor that ranks its activated targets high, and decoys."""
    rng = np.random.default_rng(0)
    score = rng.random((46, len(data.genes)))
    for at, tf in enumerate(data.tfs):
        score[at, [data.genes.index(t) for (f, t), sign in data.edges.items() if f == tf and sign > 0]] += 0.8
    table = pd.DataFrame(
        np.argsort(np.argsort(-score, axis=1), axis=1).astype(np.int16), columns=list(map(rename, data.genes))
    )
    names = [f"motif_{tf}" for tf in data.tfs] + [f"decoy_{i}" for i in range(40)]
    table["motifs"] = names
    rankings, motifs = folder / "made.genes_vs_motifs.rankings.feather", folder / "motifs.tbl"
    table.to_feather(rankings)
    owners = [
        rename(m.split("_")[1]) if m.startswith("motif") else rename(data.tfs[i % 6]) for i, m in enumerate(names)
    ]
    rows = [
        [m, m, m, "made", "1", tf, 0.0, "None", "None", 1.0, "None", "None", "gene is directly annotated"]
        for m, tf in zip(names, owners, strict=True)
    ]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(motifs, sep="\t", index=False)
    return rankings, motifs


@pytest.fixture(scope="module")
def found(data: Made) -> grn.Adjacencies:
    return grn.consensus(data.expression, data.genes, data.tfs, bootstraps=10)


@pytest.fixture(scope="module")
def modules(data: Made, found: grn.Adjacencies) -> RegulonSet:
    return cistarget.co_expression(found, data.expression, data.genes)


def test_modules_are_pyscenics_with_the_engines_signs(data, modules):
    assert {module.tf for module in modules} == set(data.tfs)
    assert not modules.pruned
    for module in modules:
        true = [data.edges.get((module.tf, target)) for target in module.targets[:20]]
        assert all(sign == module.sign for sign in true if sign)
    assert {"top50", "top5perTarget"} <= {word for module in modules for word in module.context}


def test_without_signs_those_of_the_correlation_are_taken(data, found):
    bare = grn.Adjacencies(found.tf, found.target, found.importance, None, None, "trees")
    signs = {module.sign for module in cistarget.co_expression(bare, data.expression, data.genes)}
    assert signs == {1, -1}


def test_pruning_keeps_targets_with_the_motif_and_their_support(tmp_path, data, found, modules):
    rankings, motifs = files(tmp_path, data)
    options = {"rank_threshold": 150, "auc_threshold": 0.2, "nes": 2.0}
    made = cistarget.prune(modules, databases=[rankings], motifs=motifs, adjacencies=found, jobs=2, **options)
    assert made.pruned
    assert {r.tf for r in made if r.sign > 0} == set(data.tfs)
    support = dict(zip(zip(found.tf, found.target, strict=True), found.support, strict=True))
    right = {}
    for name, regulons in (("pruned", made), ("modules", modules)):
        up = {(r.tf, t) for r in regulons if r.sign > 0 for t in r.targets if t != r.tf}
        right[name] = np.mean([data.edges.get(pair, 0) > 0 for pair in up])
    assert right["pruned"] > right["modules"] + 0.1
    for regulon in made:
        assert regulon.pruned
        assert regulon.support == tuple(support.get((regulon.tf, t), 0.0) for t in regulon.targets)
        assert any("motif" in word or "decoy" in word for word in regulon.context)
    assert matches_pyscenic(made, modules, rankings, motifs)


def matches_pyscenic(made, modules, rankings, motifs) -> bool:
    """The same regulons as by prune2df over its own processes."""
    regulon, databases = scenic("ctxcore.genesig").Regulon, scenic("ctxcore.rnkdb")
    theirs = [
        regulon(
            name=m.name,
            gene2weight=dict(zip(m.targets, m.weights, strict=True)),
            gene2occurrence=[],
            transcription_factor=m.tf,
            context=frozenset([*m.context, "activating" if m.sign > 0 else "repressing"]),
        )
        for m in modules
    ]
    table = scenic("pyscenic.prune").prune2df(
        [databases.opendb(str(rankings), "made")],
        theirs,
        str(motifs),
        rank_threshold=150,
        auc_threshold=0.2,
        nes_threshold=2.0,
        client_or_address="custom_multiprocessing",
        num_workers=1,
    )
    expected = {r.name: dict(r.gene2weight) for r in scenic("pyscenic.prune").df2regulons(table)}
    return {r.name: dict(zip(r.targets, r.weights, strict=True)) for r in made} == expected


@pytest.mark.parametrize("kind", ["rankings", "motifs"])
def test_a_database_of_another_species_is_one_clear_error(tmp_path, data, modules, kind):
    (tmp_path / "own").mkdir()
    own, other = files(tmp_path / "own", data), files(tmp_path, data, rename=lambda name: f"ENSG_{name}")
    rankings, motifs = (other[0], own[1]) if kind == "rankings" else (own[0], other[1])
    with pytest.raises(ContractError, match="ENSG_") as caught:
        cistarget.prune(modules, databases=[rankings], motifs=motifs)
    assert caught.value.code == "WRONG_SPECIES"
    assert len(caught.value.issues) == 1
    assert "species" in caught.value.issues[0].fix


def test_files_of_another_kind_are_named(tmp_path, data, modules):
    rankings, motifs = files(tmp_path, data)
    broken = tmp_path / "broken.genes_vs_motifs.rankings.feather"
    broken.write_bytes(rankings.read_bytes()[:500])
    table = tmp_path / "t.tbl"
    table.write_text("a\tb\n1\t2\n")
    for code, options in (
        ("BAD_RANKINGS", {"databases": [broken], "motifs": motifs}),
        ("MISSING_FILE", {"databases": [tmp_path / "absent.feather"], "motifs": motifs}),
        ("BAD_RANKINGS", {"databases": [motifs], "motifs": motifs}),
        ("BAD_MOTIFS", {"databases": [rankings], "motifs": table}),
        ("MISSING_FILE", {"databases": [rankings], "motifs": tmp_path / "absent.tbl"}),
    ):
        with pytest.raises(ContractError) as caught:
            cistarget.prune(modules, **options)
        assert caught.value.code == code, options
