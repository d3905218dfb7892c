"""A study is submitted to a version: what is kept of the parent, what the report says, what is refused and how."""

from pathlib import Path

import anndata
import numpy as np
import pytest

from ingest.atlas.create import put_version
from ingest.atlas.policy import policy_of
from ingest.atlas.store import built_of, put_policy
from ingest.atlas.studies import read_cells
from ingest.atlas.submit import checked
from ingest.cli.atlas_submit import report_text
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from ingest.method.mapping.engine import map_cells
from kg.atlas.card import Card
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Report
from kg.atlas.shared import barcode, by_barcode
from kg.atlas.version import Manifest, Version
from kg.errors import ContractError
from tests.ingest.atlas_cells import POLICY as WHOLE
from tests.ingest.atlas_cells import write_study

POLICY = WHOLE | {"engine": {"genes": 120, "axes": 12, "centroids": 12, "folds": 3, "heads": ["means"]}}


@pytest.fixture(scope="module")
def names(human: GeneIndex) -> list[str]:
    return sorted(human.symbols)[1000:1240]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("submitted")


@pytest.fixture(scope="module")
def objects(home: Path) -> ObjectStore:
    return ObjectStore(home / "atlas", own=True)


def stands(objects: ObjectStore, manifest: Manifest) -> Version:
    """As if it were committed."""
    objects.put(manifest.pack())
    mark = manifest.content_id
    return Version(
        f"orthokg:atlas-version/{mark}", mark, manifest.atlas, manifest.taxon, mark, "", "Ada", "", "", "2026-01-01",
        "", 0, 0, 0, 0, (), True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def genes(cache: Cache) -> Genes:
    return Genes(cache)


@pytest.fixture(scope="module")
def made_of(objects: ObjectStore, cache: Cache, genes: Genes):
    def made(*paths: Path, policy: dict = POLICY) -> Version:
        put = put_version(objects, "pbmc", paths, policy_of(policy), cache=cache, genes=genes)
        return stands(objects, put.manifest)

    return made


def ruled(objects: ObjectStore, base: Version, gates: dict) -> Version:
    """The same version under a policy of other gates."""
    known = Manifest.unpack(objects.read(base.content_id))
    policy = put_policy(objects, policy_of(POLICY | {"gates": gates}))
    return stands(objects, Manifest(known.atlas, known.taxon, dict(known.objects) | {"policy": policy}))


@pytest.fixture(scope="module")
def base(made_of, home: Path, names: list[str]) -> Version:
    return made_of(write_study(home, "one", names, donors=5), write_study(home, "two", names, donors=3, seed=1))


@pytest.fixture(scope="module")
def submit(objects: ObjectStore, cache: Cache, genes: Genes, base: Version):
    def asked(*paths: Path, to: Version = base, **changed) -> tuple[Manifest, Report]:
        return checked(objects, to, paths, cache=cache, genes=genes, **changed)

    return asked


def relabelled(path: Path, swap: dict[str, str]) -> Path:
    file = path.with_suffix(".h5ad")
    data = anndata.read_h5ad(file)
    data.obs["type"] = [swap.get(str(each), str(each)) for each in data.obs["type"]]
    data.write_h5ad(file)
    return path


def test_a_clean_study_passes_and_what_it_does_not_touch_keeps_its_hash(
    submit, objects: ObjectStore, base: Version, home: Path, names: list[str]
) -> None:
    asked = write_study(home, "asked", names, donors=5, seed=9)
    parent = Manifest.unpack(objects.read(base.content_id))
    candidate, report = submit(asked)
    assert (report.status, report.failed) == ("passed", ()), report_text(report)
    assert (report.studies, report.donors, report.cells) == (("asked",), 5, 300)
    assert [gate.id for gate in report.gates] == ["G0", "G1", "G2", "G3", "G4", "G5", "G5b", "G6", "G7"]
    assert Report.unpack(report.pack()) == Report.unpack(Report.unpack(report.pack()).pack())
    kept = {key for key in parent.objects if candidate.objects[key] == parent.objects[key]}
    assert kept == parent.objects.keys() - {"quality"}
    assert candidate.objects.keys() - parent.objects.keys() == {"study/asked", "statistics/of.asked"}
    card = Card.unpack(objects.read(candidate.objects["quality"].sha256))
    assert (card.donors, card.cells, [each.name for each in card.studies]) == (13, 780, ["one", "two", "asked"])
    assert "nobody asked" in card.cite

    old, new = built_of(objects, parent), built_of(objects, candidate)
    np.testing.assert_array_equal(new.reference.cells[:480], old.reference.cells)
    np.testing.assert_array_equal(new.reference.whitening, old.reference.whitening)
    assert (len(new.reference.code), len(new.reference.donors)) == (780, 13)
    for t in range(len(new.tree.types)):
        np.testing.assert_allclose(
            new.reference.means[t], new.reference.cells[new.reference.code == t].mean(axis=0), atol=1e-4
        )
    again, told = submit(asked)
    assert (again.content_id, told.pack()) == (candidate.content_id, report.pack())
    text = "\n".join(report_text(report))
    assert "asked on pbmc@" in text
    assert "in all: passed" in text


def test_studies_in_any_order_are_the_same_reference(
    submit, objects: ObjectStore, home: Path, names: list[str]
) -> None:
    one, two = (write_study(home, name, names, donors=3, seed=20 + at) for at, name in enumerate(("first", "later")))
    made = []
    for order in ((one, two), (two, one)):
        first, _ = submit(order[0])
        made.append(built_of(objects, submit(order[1], to=stands(objects, first))[0]))
    np.testing.assert_allclose(made[0].reference.means, made[1].reference.means, atol=0.05)
    assert made[0].reference.donors == made[1].reference.donors


def test_labels_that_do_not_hold_are_stopped_by_the_rules_of_the_version(
    submit, base: Version, objects: ObjectStore, home: Path, names: list[str]
) -> None:
    wrong = relabelled(write_study(home, "wrong", names, donors=5, seed=10), {"Mono": "NK", "NK": "Mono"})
    _, report = submit(wrong)
    assert "G5" in report.failed
    text = "\n".join(report_text(report))
    assert "FAILED" in text
    assert "what to do: check these cells" in text
    _, report = submit(wrong, to=ruled(objects, base, {"label_donors": 50, "resolution_donors": 50}))
    assert report.underpowered == ("G3", "G5")
    assert not {"G3", "G5"} & set(report.failed)


def test_what_cannot_come_in_is_named(submit, home: Path, human: GeneIndex, names: list[str]) -> None:
    def refused(path: Path, **changed) -> ContractError:
        with pytest.raises(ContractError) as told:
            submit(path, **changed)
        return told.value

    assert refused(home / "one.yaml").code == "DUPLICATE_STUDY"
    again = write_study(home, "again", names, donors=5)
    told = refused(again)
    assert (told.code, "already in one" in told.issues[0].found) == ("SHARED_CELLS", True)
    odd = relabelled(write_study(home, "odd", names, donors=3, seed=11), {"B": "no such cell", "NK": "nor this"})
    told = refused(odd)
    assert told.code == "UNKNOWN_LABELS"
    assert "no such cell" in told.issues[0].found
    assert "nor this" in told.issues[0].found
    assert refused(odd, new={"no such cell": "nowhere", "nor this": ""}).code == "UNKNOWN_LABELS"
    few = write_study(home, "few", [*names[:20], *sorted(human.symbols)[2000:2220]], donors=3, seed=12)
    assert refused(few).code == "MISSING_GENES"
    bare = write_study(home, "bare", names, donors=3, seed=13)
    data = anndata.read_h5ad(bare.with_suffix(".h5ad"))
    data.obs["donor"] = "unknown"
    data.write_h5ad(bare.with_suffix(".h5ad"))
    assert refused(bare).code == "NO_DONORS"


def test_a_policy_may_let_studies_without_donors_in_and_they_count_as_none(
    submit, base: Version, objects: ObjectStore, home: Path, names: list[str]
) -> None:
    bare = write_study(home, "nameless", names, donors=3, seed=14)
    bare.write_text(bare.read_text().replace("donor: donor", "donor: nobody"))
    candidate, report = submit(bare, to=ruled(objects, base, {"labels_only": True}))
    assert (report.donors, report.cells) == (0, 180)
    assert built_of(objects, candidate).quality["donors"] == 8


def test_a_new_type_comes_in_as_provisional_and_cells_are_mapped_to_it(
    submit, made_of, objects: ObjectStore, home: Path, cache: Cache, genes: Genes, names: list[str]
) -> None:
    known = ("B", "CD4 T", "CD8 T", "Mono", "NK")
    paths = [write_study(home, "narrow", names, donors=6, types=known)]
    policy = POLICY | {"types": {"CD4 T": "T", "CD8 T": "T", "T": "lymphoid", "B": "lymphoid", "NK": "lymphoid"}}
    narrow = made_of(*paths, policy=policy)
    wide = write_study(home, "wide", names, donors=4, seed=15)
    label = "plasmacytoid dendritic cell"
    candidate, report = submit(wide, to=narrow, new={label: ""})
    assert "G6" not in report.failed, report_text(report)
    (new,) = report.new_types
    assert (new.label, new.standing, new.donors) == (label, "single-study", 4)
    assert len(new.markers) >= 3
    card = Card.unpack(objects.read(candidate.objects["quality"].sha256))
    line = next(each for each in card.types if each.label == label)
    assert line.provisional.startswith("seen in one study")
    built = built_of(objects, candidate)
    asked = write_study(home, "after", names, donors=3, seed=16)
    data = anndata.read_h5ad(asked.with_suffix(".h5ad"))
    read = read_cells(asked, cache, genes, policy_of(policy), typed=False)
    found = map_cells(built, read.as_query())
    truth = data.obs["type"].to_numpy(str) == "pDC"
    assert (found.nearest[truth] == label).mean() > 0.8
    assert (found.nearest[~truth] == label).mean() < 0.05


def test_barcodes_are_told_whatever_stands_around_them() -> None:
    assert barcode("AAACATACATTTCC-1") == barcode("kang_AAACATACATTTCC.1") == "AAACATACATTTCC"
    assert barcode("cell-12") == ""
    own = [f"{''.join(np.random.default_rng(i).choice(list('ACGT'), 16))}-1" for i in range(100)]
    known = {"old": [each.replace("-1", ".2") for each in own[:40]] + ["x"] * 3, "other": ["AAACATACATTTCC"]}
    (found,) = by_barcode(own, known, 0.2)
    assert (found.study, found.cells, len(found.some)) == ("old", 40, 5)
    assert by_barcode(own, known, 0.99) == [found]
    assert by_barcode(["cell1", "cell2"] * 50, {"old": ["cell1", "cell2"] * 50}, 0.2) == []
