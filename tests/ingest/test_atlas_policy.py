"""What a policy may say, and what it is told where it may not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.atlas.policy import AtlasPolicy, policy_of, read_policy
from ingest.atlas.store import from_bytes, stored_policy
from ingest.method.mapping.pack import to_bytes
from ingest.method.scanvi import Scanvi, Settings
from kg.atlas.objects import ObjectStore
from kg.errors import ContractError
from tests.kg.atlas_parts import manifest


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text)
    return path


def test_absent_is_the_default_and_what_is_kept_is_the_same(tmp_path: Path) -> None:
    assert read_policy(None) == AtlasPolicy()
    text = """schema: 1
qc: {min_counts: 500, max_mito_percent: 10}
types: {CD4 T: T, CD8 T: T}
healthy: {condition: [control, 1]}
engine: {genes: 200, alpha: 0.2, heads: [means, correlation]}
contributors: [{name: Ada, orcid: 0000-0002-1825-0097}]
"""
    made = read_policy(written(tmp_path, text))
    assert (made.engine.genes, made.engine.alpha, made.of_engine.engines) == (200, 0.2, ("means", "correlation"))
    assert made.healthy == {"condition": ["control", "1"]}
    assert made.line == ("min_counts 500.0, max_mito_percent 10.0; log of counts per 10,000; 200 genes, 50 axes")
    pearson = read_policy(written(tmp_path, "schema: 1\nnormalisation: pearson\n"))
    assert (pearson.of_engine.normalisation, "Pearson residuals" in pearson.line) == ("pearson", True)
    assert policy_of(made.model_dump(mode="json", by_alias=True)) == made
    assert made.space is None
    short = read_policy(written(tmp_path, "schema: 1\nengine: scanvi\n"))
    assert short.space == Scanvi()
    assert (short.of_engine.folds, short.line.endswith("; scANVI, 10 axes")) == (3, True)
    long = read_policy(written(tmp_path, "schema: 1\nengine: {name: scanvi, folds: 5, scanvi: {epochs: [9, 8, 7]}}\n"))
    assert long.space == Scanvi(Settings(epochs=(9, 8, 7)))
    assert long.of_engine.folds == 5


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("schema: 1\nengine: {genes: 3}\n", "policy.yaml: engine.genes"),
        ("schema: 1\nengine: {alpha: 0}\n", "policy.yaml: engine.alpha"),
        ("schema: 1\nnormalisation: magic\n", "policy.yaml: normalisation"),
        ("schema: 1\nfilters: {}\n", "policy.yaml: filters"),
        ("schema: 1\nengine: magic\n", "policy.yaml: engine.name"),
        ("schema: 1\nengine: {scanvi: {epochs: [1, 2]}}\n", "policy.yaml: engine.scanvi.epochs"),
        ("schema: 1\ntypes: {A: B, B: C, C: A}\n", "policy.yaml: types"),
        ("- a\n", "policy.yaml"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(ContractError) as told:
        read_policy(written(tmp_path, text))
    assert told.value.code == "POLICY"
    assert [issue.path for issue in told.value.issues] == [where]


def test_an_object_of_other_content_is_named(tmp_path: Path) -> None:
    """Whoever made it: its hash is right, and what is in it is not."""
    objects = ObjectStore(tmp_path / "atlas")
    whole = manifest(objects)
    for data in (b"", b"not JSON", b"[1]", b"\x80\x04N."):
        with pytest.raises(ContractError) as told:
            stored_policy(objects, replace(whole, objects={**whole.objects, "policy": objects.put(data)}))
        assert told.value.code == "POLICY"
    for arrays in ({}, {"x": np.arange(3)}):
        with pytest.raises(ContractError) as told:
            from_bytes(to_bytes(arrays, {})[0])
        assert told.value.code == "REFERENCE_LAYOUT"
