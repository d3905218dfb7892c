"""Everything that a stored answer reads is in the name that it is stored under."""

import ast
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from kg.match.compared import LEVELS
from kg.sides import basis
from kg.sides.catalog import Catalog, ContrastInfo, Named, ReferenceInfo, StateInfo
from kg.signatures.store import SignatureStore

STATE = StateInfo(
    "s", "AD, cortex", "MONDO:1", "AD", "early", "bulk cortex", frozenset({"MONDO:1", "MONDO:0", "MONDO:7"})
)
REFERENCE = ReferenceInfo(
    "r", "healthy", "reference", "NCBITaxon:9606", "bulk cortex", 18, 16, 0.04, "200 splits", "calibrated", 5, "d"
)
CONTRAST = ContrastInfo(
    id="c",
    label="cohort",
    taxon="NCBITaxon:9606",
    kind="disease",
    level="donor",
    noise="donors",
    noise_reason="",
    material="bulk cortex",
    cut="",
    universe=900,
    n_case=8,
    n_control=9,
    df=15,
    age="70",
    sex="F",
    strain="",
    case_arm="AD",
    control_arm="control",
    flags=("doubt",),
    pooled=True,
    dataset="d",
    dataset_title="study",
    licence="CC0",
    doi="10.1/1",
    counts="raw",
    simulated=False,
    model=None,
    engineered=(),
    state=Named("s", "AD, cortex"),
    condition=None,
    drug="",
    region=None,
    cell_type=None,
)
VERSION = "0123456789ab"


def catalog(
    contrast: ContrastInfo = CONTRAST, reference: ReferenceInfo = REFERENCE, state: StateInfo = STATE
) -> Catalog:
    return Catalog({"c": contrast}, {"r": reference}, {"s": state})


def another(value: object) -> object:
    """A value of the same kind that differs."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return value + "!"
    if isinstance(value, frozenset):
        return value | {"another"}
    if isinstance(value, tuple):
        return (*value, "another")
    return Named("another", "another")  # of a field that is empty, or names something


@pytest.mark.parametrize(("kind", "info"), [("contrast", CONTRAST), ("reference", REFERENCE), ("state", STATE)])
def test_each_field_is_in_the_name(kind: str, info) -> None:
    before, names = basis.run_of(catalog(), VERSION), set()
    for field in fields(info):
        changed = catalog(**{kind: replace(info, **{field.name: another(getattr(info, field.name))})})
        name = basis.run_of(changed, VERSION)
        if field.metadata.get("computed"):
            assert name == before, f"{field.name} is a result of the run and must not name it"
            assert basis.cards_of(changed) != basis.cards_of(catalog()), field.name
        else:
            assert name != before, f"{field.name} of a {kind} is read and not in the name"
            names.add(name)
    computed = sum(bool(field.metadata.get("computed")) for field in fields(info))
    assert len(names) == len(fields(info)) - computed
    assert computed == (4 if kind == "reference" else 0)


def test_data_and_levels_are_in_the_name_and_order_is_not() -> None:
    before = basis.run_of(catalog(), VERSION)
    assert basis.run_of(catalog(), "another") != before
    assert basis.run_of(catalog(), VERSION, ("gene",)) != before
    assert basis.run_of(catalog(), VERSION, tuple(reversed(LEVELS))) == before
    two = [replace(CONTRAST, id=key) for key in "ab"]
    names = {basis.run_of(Catalog({c.id: c for c in order}, {}), VERSION) for order in (two, two[::-1])}
    assert len(names) == 1


def test_matches_of_some_levels_stand_and_those_of_other_facts_do_not() -> None:
    some, whole = basis.run_of(catalog(), VERSION, ("gene",)), basis.run_of(catalog(), VERSION)
    assert basis.stands({some, whole}, catalog(), VERSION)
    assert not basis.stands({some, whole}, catalog(replace(CONTRAST, engineered=("MAPT",))), VERSION)
    assert not basis.stands({whole, "orthokg:run/derived-killed"}, catalog(), VERSION)
    assert not basis.stands({whole}, catalog(), "another")


def test_every_module_that_computes_is_in_the_code() -> None:
    """Held against the syntax trees: whatever the derivation imports of this package is hashed or declared to be
    aside."""
    root = Path(basis.__file__).parents[1]
    reached, ahead = set(), [basis.ROOT]
    while ahead:
        name = ahead.pop()
        path = root.joinpath(*name.split(".")[1:])
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in reached or name in basis.ASIDE or not path.exists():
            continue
        reached.add(name)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kg"):
                inside = [f"{node.module}.{each.name}" for each in node.names]
                ahead += [
                    n if root.joinpath(*n.split(".")[1:]).with_suffix(".py").exists() else str(node.module)
                    for n in inside
                ]
    assert basis.computing() == reached
    assert {
        "kg.verdict.family",
        "kg.sides.human",
        "kg.sides.workspace",
        "kg.match.joint",
        "kg.match.verdict",
        "kg.match.pair",
    } <= reached


def test_another_text_of_the_method_is_another_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = basis.code_version()
    for name in sorted(basis.computing()):
        copy = tmp_path / f"{name}.py"
        copy.write_bytes(basis._file(name).read_bytes())
    monkeypatch.setattr(basis, "computing", lambda: frozenset(path.stem for path in tmp_path.iterdir()))
    monkeypatch.setattr(basis, "_file", lambda name: tmp_path / f"{name}.py")
    assert basis.code_version.__wrapped__() == before
    with (tmp_path / "kg.match.joint.py").open("a") as file:
        file.write("# another\n")
    assert basis.code_version.__wrapped__() != before


def test_every_table_that_an_answer_reads_is_in_the_version_of_the_signatures(tmp_path: Path) -> None:
    seen = set()
    for key in (
        "orthologs/biomart",
        "regulons/collectri",
        "modules/ampad",
        "genes/NCBITaxon:9606",
        "gene-names/NCBITaxon:9606",
    ):
        store = SignatureStore(tmp_path)
        seen.add(store.version)
        store.put_table(key, name=np.array(["a"]))
        seen.add(store.version)
        store.put_table(key, name=np.array(["b"]))
        seen.add(store.version)
    assert len(seen) == 11
