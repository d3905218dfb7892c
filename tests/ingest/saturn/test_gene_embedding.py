"""Gene embeddings in four formats, names that differ in case or version, and files that are not what they say."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.method.saturn.genes.vectors import GeneEmbedding, read_embedding
from kg.errors import ContractError

pytestmark = pytest.mark.models
NAMES = np.array(["TP53", "Apoe", "ENSG00000142192.21"])
VECTORS = np.arange(12, dtype=np.float32).reshape(3, 4)


def as_torch(path: Path) -> None:
    import torch

    torch.save({str(n): torch.from_numpy(v.copy()) for n, v in zip(NAMES, VECTORS, strict=True)}, path)


def as_safetensors(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file(dict(zip(NAMES.tolist(), VECTORS, strict=True)), path)


def as_parquet(path: Path) -> None:
    pd.DataFrame(VECTORS, index=NAMES, columns=list("abcd")).to_parquet(path)


def as_npz(path: Path) -> None:
    np.savez(path, genes=NAMES, vectors=VECTORS)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("e.pt", as_torch),
        ("e.torch", as_torch),
        ("e.npz", as_npz),
        ("e.parquet", as_parquet),
        ("e.safetensors", as_safetensors),
    ],
)
def test_all_formats_say_the_same(tmp_path: Path, name: str, write):
    write(tmp_path / name)
    found = read_embedding(tmp_path / name)
    rows = found.rows(NAMES)
    assert found.vectors[rows] == pytest.approx(VECTORS)
    assert len(found.sha256) == 64


def test_symbols_and_ensembl_ids():
    found = GeneEmbedding(NAMES, VECTORS, "test")
    assert found.rows(np.array(["tp53", "APOE", "ENSG00000142192", "unknown", ""])).tolist() == [0, 1, 2, -1, -1]
    symbols, ids = np.array(["x", "Apoe", ""]), np.array(["ENSG00000142192.7", "y", ""])
    assert found.rows(symbols, ids).tolist() == [2, 1, -1], "the first name that is known decides"


class Bomb:
    def __reduce__(self):
        return (Path.write_text, (Path("exploded"), "x"))


def test_a_pickle_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("e.pt").write_bytes(pickle.dumps({"TP53": Bomb()}))
    np.savez("e.npz", genes=np.array(["a", Bomb()], dtype=object), vectors=np.ones((2, 2)))
    for name in ("e.pt", "e.npz"):
        with pytest.raises(ContractError) as error:
            read_embedding(Path(name))
        assert error.value.code == "UNSAFE_FILE"
        assert name in str(error.value)
    assert not Path("exploded").exists()


def _npz(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)  # pyright: ignore[reportArgumentType]
    return path


@pytest.mark.parametrize(
    ("arrays", "word"),
    [
        ({"genes": np.array(["a"]), "vectors": np.array([[np.nan, 1.0]])}, "NaN"),
        ({"genes": np.array(["a"]), "vectors": np.ones((2, 3))}, "one vector per gene"),
        ({"vectors": np.ones((2, 3))}, "'genes'"),
    ],
)
def test_what_is_no_embedding(tmp_path: Path, arrays: dict, word: str):
    with pytest.raises(ContractError, match=word) as error:
        read_embedding(_npz(tmp_path / "e.npz", **arrays))
    assert error.value.code == "BAD_EMBEDDING"


def test_what_is_not_there_or_of_no_known_format(tmp_path: Path):
    with pytest.raises(ContractError, match="no file"):
        read_embedding(tmp_path / "e.npz")
    (tmp_path / "e.csv").write_text("a,1\n")
    with pytest.raises(ContractError, match=r"\.safetensors"):
        read_embedding(tmp_path / "e.csv")
