"""What jobs do: each against what the same question gives when it is asked directly."""

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import anndata
import numpy as np
import pandas as pd
import pytest

from ingest.atlas.create import create
from ingest.atlas.files import columns
from ingest.atlas.mapped import read_against
from ingest.atlas.policy import policy_of
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from ingest.jobs import explain, export, inspect, map, match, report, signature
from kg.ask.upload_answer import signature_answer
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author
from kg.curie import MOUSE
from kg.errors import ContractError, KgError
from kg.jobs.arguments import checked
from kg.jobs.child import Work
from kg.jobs.kinds import KINDS
from kg.report.contents import model_report
from kg.report.page import page
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.store.driver import Store
from kg.verdict.explain import explain as explain_match
from tests.e2e.lab import AD, CORTEX, Lab, counts_upload, table_upload
from tests.graph.dump import dump
from tests.ingest.atlas_cells import POLICY, write_study
from tests.ingest.conftest import *  # noqa: F403  (cache, human)

pytestmark = pytest.mark.graph
Made = Callable[..., Work]


@pytest.fixture
def work(embedded_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A job in this process."""
    monkeypatch.setenv("ORTHOKG_HOME", str(tmp_path))

    def made(kind: str, files: dict[str, Path] | None = None, version: str = "", **given: Any) -> Work:
        folder = tmp_path / f"{kind}-job"
        for name in ("result.new", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        paths = files or {}
        arguments = checked(KINDS[kind], {**given, **dict.fromkeys(paths, "0" * 32)})
        for name in paths:
            del arguments[name]
        return Work(folder, kind, arguments, paths, version, _store=embedded_store)

    return made


def result(of: Work, name: str) -> Path:
    assert name in of.media
    return of.folder / "result.new" / name


def study(folder: Path, counts: pd.DataFrame, sheet: pd.DataFrame) -> tuple[Path, pd.DataFrame]:
    """Cells whose sums by animal are the counts: each count is dealt to twelve cells of two types."""
    animals = sheet.drop_duplicates("animal").set_index("animal")
    sums = counts.T.groupby(sheet["animal"].to_numpy()).sum().T
    rng = np.random.default_rng(0)
    cells = [rng.multinomial(sums[animal].to_numpy(), np.full(12, 1 / 12)).T for animal in sums]
    obs = pd.DataFrame(
        {
            "mouse": np.repeat(list(sums), 12),
            "kind": np.tile(["neuron"] * 6 + ["astrocyte"] * 6, len(sums.columns)),
        }
    )
    for column in ("arm", "sex"):
        obs[column] = animals.loc[obs["mouse"], column].to_numpy()
    obs.index = [f"cell{at}" for at in range(len(obs))]
    path = folder / "mine.h5ad"
    anndata.AnnData(np.concatenate(cells).astype("float32"), obs, pd.DataFrame(index=list(counts.index))).write_h5ad(
        path
    )
    return path, sums


def test_inspect_tells_columns_and_their_values(work: Made, tmp_path: Path) -> None:
    obs = pd.DataFrame(
        {
            "donor_id": ["d1", "d1", "d2", "d2", None],
            "Condition": pd.Categorical(["ctrl", "ctrl", "AD", "AD", "AD"]),
            "n": [1.5, 2.5, 3.5, 4.5, np.nan],
            "cell_type": [f"type {i}" for i in range(5)],
        },
        index=list("abcde"),
    )
    genes = [f"ENSG0000010000{i}" for i in range(4)]
    path = tmp_path / "my cells.h5ad"
    anndata.AnnData(np.full((5, 4), 3.0, "float32"), obs, pd.DataFrame(index=genes)).write_h5ad(path)
    found = inspect.run(work("inspect", {"cells": path}))
    assert (found["cells"], found["genes"], found["gene_id"], found["counts_in"]) == (5, 4, "ensembl", "X")
    told = {each["name"]: each for each in found["columns"]}
    assert (told["donor_id"]["distinct"], told["donor_id"]["missing"]) == (2, 1)
    assert told["Condition"]["values"] == [{"value": "AD", "cells": 3}, {"value": "ctrl", "cells": 2}]
    assert [each["numbers"] for each in found["columns"]] == [False, False, True, False]
    assert found["suggested"] == {"donor": "donor_id", "type": "cell_type", "condition": "Condition"}
    assert json.loads(json.dumps(found)) == found


def test_cells_are_mapped_as_the_command_maps_them(
    work: Made,
    embedded_store: Store,
    cache: Cache,
    human: GeneIndex,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORTHOKG_ATLAS", str(tmp_path / "atlas"))
    objects, names = ObjectStore.of(), sorted(human.symbols)[1000:1240]
    paths = [write_study(tmp_path, "one", names)]
    rules = policy_of({name: value for name, value in POLICY.items() if name != "healthy"})
    version = create(
        embedded_store, objects, "pbmc", paths, rules, Author("Ada"), "now", cache=cache, genes=Genes(cache)
    ).version
    asked = write_study(tmp_path, "asked", names, donors=4, seed=9, typed=False, cases=True)
    before = dump(embedded_store)
    given = {"atlas": "pbmc", "donor": "donor", "condition": "arm", "control": "control"}
    job = work("map", {"cells": asked.with_suffix(".h5ad")}, version.id, **given)
    told = map.run(job)
    direct = read_against(objects, version, asked, cache=cache, genes=Genes(cache), healthy={"arm": ["control"]})
    data = anndata.read_h5ad(result(job, "mapped.h5ad"))
    for name, column in columns(direct).items():
        np.testing.assert_array_equal(data.obs[name].astype(column.dtype).to_numpy(), column.to_numpy())
    assert told["version"] == version.commit
    assert told["gates"]["controls"] == direct.mapped.verdict.controls != "not testable"
    assert sum(each["cells"] for each in told["populations"]) == 240
    assert json.loads(json.dumps(told)) == told
    picture = json.loads(result(job, "picture.json").read_bytes())
    assert {len(picture["cells"][name]) for name in picture["cells"]} == {240}
    assert picture["cells"]["outcome"] == direct.mapped.outcome.tolist()
    assert set(picture["atlas"]["type"]) == set(direct.built.reference.types)
    assert "<svg" in result(job, "mapped.html").read_text()
    assert len(result(job, "mapped.tsv").read_text().splitlines()) == 241
    assert dump(embedded_store) == before
    for wrong, code in (({"control": "healthy"}, "NO_SUCH_VALUE"), ({"condition": "status"}, "WRONG_COLUMNS")):
        with pytest.raises(ContractError) as refused:
            map.run(work("map", {"cells": asked.with_suffix(".h5ad")}, version.id, **{**given, **wrong}))
        assert refused.value.code == code


def test_a_study_of_ones_own_is_answered_as_its_sums_are(embedded_store: Store, work: Made, tmp_path: Path) -> None:
    lab = Lab(embedded_store, tmp_path)
    counts, sheet = lab.counts(MOUSE)
    path, sums = study(tmp_path, counts, sheet)
    own = sheet.drop_duplicates("animal")
    by_animal = own.assign(run=own["animal"])
    before = dump(embedded_store)
    given = {
        "taxon": "mouse", "donor": "mouse", "condition": "arm", "case": ["case"], "control": "control",
        "strata": "sex", "disease": AD, "tissue": CORTEX, "min_cells": 1,
    }  # fmt: skip
    job = work("match", {"cells": path}, **given)
    told = match.run(job)
    ws = Workspace(Catalog.read(embedded_store), lab.signatures)
    wanted = signature_answer(embedded_store, ws, counts_upload(MOUSE, sums[own["animal"]], by_animal), disease=AD)[0]
    (answer,) = json.loads(result(job, "answers.json").read_bytes())
    found = answer["answer"]["matches"]
    assert [m["status"] for m in found] == [r.status for r in wanted.matches]
    for name in ("score", "p", "q"):
        assert [m[name] for m in found] == pytest.approx([getattr(r, name) for r in wanted.matches]), name
    assert told["populations"][0]["matches"] == len(wanted.matches) > 0
    table = pd.read_csv(StringIO(result(job, "verdicts.tsv").read_text()), sep="\t")
    assert len(table) == len(wanted.matches)
    assert set(table["population"]) == {"all cells"}

    again = work("match", {"cells": path}, **given, type="kind")
    shutil.rmtree(again.checkpoint)
    typed = match.run(again)
    assert [each["population"] for each in typed["populations"]] == ["astrocyte", "neuron"]
    assert dump(embedded_store) == before
    for wrong, code in (
        ({"case": "ill"}, "NO_SUCH_VALUE"),
        ({"condition": "kind", "case": "neuron", "control": "astrocyte"}, "VARIES_IN_DONOR"),
        ({"type": "kind", "types": "microglia"}, "NO_SUCH_VALUE"),
    ):
        with pytest.raises(ContractError) as refused:
            match.run(work("match", {"cells": path}, **{**given, **wrong}))
        assert refused.value.code == code


def test_counts_with_a_sheet_are_answered(embedded_store: Store, work: Made, tmp_path: Path) -> None:
    lab = Lab(embedded_store, tmp_path)
    counts, sheet = lab.counts(MOUSE)
    counts.to_csv(tmp_path / "counts.csv", index_label="gene")
    sheet.to_csv(tmp_path / "sheet.csv", index=False)
    files = {"counts": tmp_path / "counts.csv", "samples": tmp_path / "sheet.csv"}
    given = {"taxon": "mouse", "condition": "arm", "case": "case", "control": "control", "donor": "animal"}
    job = work("match", files, **given, strata="sex", tissue=CORTEX, disease=AD)
    told = match.run(job)
    ws = Workspace(Catalog.read(embedded_store), lab.signatures)
    wanted = signature_answer(embedded_store, ws, counts_upload(MOUSE, counts, sheet), disease=AD)[0]
    (answer,) = json.loads(result(job, "answers.json").read_bytes())
    assert [m["p"] for m in answer["answer"]["matches"]] == pytest.approx([r.p for r in wanted.matches])
    assert told["populations"][0]["population"] == "counts.csv"
    html = result(job, "report.html").read_text(encoding="utf-8")
    assert "counts.csv" in html.partition("</h1>")[0]
    assert "report" not in answer


def test_a_table_is_answered_as_the_command_answers_it(embedded_store: Store, work: Made, tmp_path: Path) -> None:
    lab = Lab(embedded_store, tmp_path)
    lab.load_reference(MOUSE)
    table = lab.table(MOUSE).drop_duplicates("gene")
    table.rename(columns={"effect": "change"}).to_csv(tmp_path / "mine.csv", index=False)
    given = {"taxon": "mouse", "tissue": CORTEX, "disease": AD}
    chosen = {"gene": "gene", "effect": "change", "se": "se"}
    before = dump(embedded_store)
    job = work("signature", {"table": tmp_path / "mine.csv"}, **given, **chosen)
    told = signature.run(job)
    ws = Workspace(Catalog.read(embedded_store), lab.signatures)
    upload = table_upload(MOUSE, table, ("effect", "se"), label="mine.csv")
    wanted, _ = signature_answer(embedded_store, ws, upload, disease=AD)
    (answer,) = json.loads(result(job, "answers.json").read_bytes())
    found = answer["answer"]["matches"]
    assert [m["p"] for m in found] == pytest.approx([r.p for r in wanted.matches])
    assert all(m["p"] is not None for m in found)
    assert told["populations"][0]["in_words"] == answer["headline"]
    html = result(job, "report.html").read_text(encoding="utf-8")
    assert answer["headline"] in html.partition("</h1>")[0]
    assert dump(embedded_store) == before
    (tmp_path / "sets.gmt").write_text(
        "A\tx\t" + "\t".join(table["gene"][:30]) + "\nB\tx\t" + "\t".join(table["gene"][20:60]) + "\n"
    )
    files = {"table": tmp_path / "mine.csv", "sets": tmp_path / "sets.gmt"}
    again = work("signature", files, **given, **chosen)
    shutil.rmtree(again.checkpoint)
    signature.run(again)
    (answer,) = json.loads(result(again, "answers.json").read_bytes())
    assert {m["level"] for m in answer["answer"]["matches"]} == {"sets"}
    (tmp_path / "bad.csv").write_text("gene,change,se\nTrem2,1,0.1\nGfap,1,0.1\n")
    for file, wrong, code in (
        ("mine.csv", {"effect": "nosuch"}, "WRONG_COLUMNS"),
        ("bad.csv", {}, "UNKNOWN_GENES"),
        ("mine.csv", {"tissue": "UBERON:0000000"}, "UNKNOWN_TERM"),
    ):
        failed = work("signature", {"table": tmp_path / file}, **{**given, **chosen, **wrong})
        shutil.rmtree(failed.checkpoint, ignore_errors=True)
        with pytest.raises(KgError) as refused:
            signature.run(failed)
        assert refused.value.code == code


def test_all_features_of_a_match_are_explained(embedded_store: Store, work: Made, tmp_path: Path) -> None:
    lab = Lab(embedded_store, tmp_path)
    key = embedded_store.read("MATCH (k:Match {level: 'gene'}) WHERE k.p IS NOT NULL RETURN k.id AS id LIMIT 1")[0][
        "id"
    ]
    job = work("explain", match=key)
    told = explain.run(job)
    wanted = explain_match(embedded_store, lab.signatures, key)
    table = pd.read_csv(result(job, "parts.tsv"), sep="\t")
    assert len(table) == len(wanted.parts) == told["features"]
    np.testing.assert_allclose(table["contribution"].sum(), wanted.statistic)
    assert json.loads(result(job, "explanation.json").read_bytes())["p"] == wanted.p


def test_a_report_is_what_the_command_writes(embedded_store: Store, work: Made, tmp_path: Path) -> None:
    lab = Lab(embedded_store, tmp_path)
    model = embedded_store.read(
        "MATCH (k:Match {level: 'gene'})-[:MATCH_OF {side: 'mouse'}]->(:Contrast)-[:OF_MODEL]->(m:DiseaseModel)"
        " WHERE k.p IS NOT NULL RETURN m.id AS id, k.disease AS disease LIMIT 1"
    )[0]
    asked = {"model": model["id"], "disease": model["disease"]}
    job = work("report", **asked)
    told = report.run(job)
    wanted = model_report(embedded_store, lab.signatures, **asked)
    assert result(job, "report.html").read_text(encoding="utf-8") == page(wanted)
    assert told["headline"] == wanted.headline
    with pytest.raises(ContractError) as refused:
        report.run(work("report"))
    assert refused.value.code == "ARGUMENT"


def test_an_export_is_one_archive(embedded_store: Store, work: Made, tmp_path: Path) -> None:
    Lab(embedded_store, tmp_path)
    job = work("export", format="sssom")
    told = export.run(job)
    with ZipFile(result(job, "orthokg-sssom.zip")) as archive:
        assert "EXPORT.json" in archive.namelist()
        assert json.loads(archive.read("EXPORT.json"))["format"] == "sssom"
        assert archive.testzip() is None
    assert told["rows"]
    assert list((job.folder / "tmp").iterdir()) == []
