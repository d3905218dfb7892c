"""From protein sequences to gene vectors, by a tiny ESM2 whose weights are random."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ingest.method.saturn.genes.vectors import read_embedding
from kg.cli.main import main
from kg.errors import ContractError

pytestmark = pytest.mark.models
VOCABULARY = ["<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>"]
RNG = np.random.default_rng(3)


def sequence(length: int) -> str:
    return "".join(RNG.choice(list("ACDEFGHIKLMNPQRSTVWY"), length))


TWO, LONG = [sequence(40), sequence(7)], sequence(1_100)
FASTA = (
    f">p1 gene_symbol:TWO\n{TWO[0]}\n>p2 gene_symbol:TWO\n{TWO[1]}\n>p3 gene_symbol:TWO\n{TWO[1]}\n>p4"
    f" gene_symbol:LONG\n{LONG}\n"
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as transformers saves it, with the head that predicts masked residues, as ESM2 is given out."""
    import torch
    from transformers import EsmConfig, EsmForMaskedLM

    torch.manual_seed(0)
    config = EsmConfig(
        vocab_size=33,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        position_embedding_type="rotary",
        token_dropout=True,
        pad_token_id=1,
        mask_token_id=32,
        emb_layer_norm_before=False,
    )
    folder = tmp_path_factory.mktemp("model") / "esm2_tiny"
    EsmForMaskedLM(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    return folder


def by_hand(weights: Path, protein: str) -> np.ndarray:
    """One protein, alone and unpadded, through the whole model; tokens by their place in the vocabulary."""
    import torch
    from transformers import EsmForMaskedLM

    model = EsmForMaskedLM.from_pretrained(weights).eval()
    ids = torch.tensor([[VOCABULARY.index(t) for t in ("<cls>", *protein, "<eos>")]])
    with torch.no_grad():
        last = model(ids, output_hidden_states=True).hidden_states[-1][0]
    return last[1:-1].mean(0).numpy()


def run(folder: Path, weights: Path, *more: str):
    (folder / "pep.fa").write_text(FASTA)
    return CliRunner().invoke(
        main,
        ["embed", "esm2", str(folder / "pep.fa"), "--weights", str(weights), "--out", str(folder / "e.npz"), *more],
    )


def test_a_gene_is_the_mean_of_its_proteins(tmp_path: Path, weights: Path):
    made = run(tmp_path, weights)
    assert made.exit_code == 0, made.output
    assert "2 genes of 4 proteins" in made.output
    assert "1 proteins are longer than 1,022 residues" in made.output
    found = read_embedding(tmp_path / "e.npz")
    assert found.kind == "ESM2 (esm2_tiny: 2 layers, 16 dimensions)"
    assert found.names.tolist() == ["LONG", "TWO"]
    one, other = by_hand(weights, TWO[0]), by_hand(weights, TWO[1])
    assert found.vectors[1] == pytest.approx((one + 2 * other) / 3, abs=1e-5)
    assert found.vectors[0] == pytest.approx(by_hand(weights, LONG[:1_022]), abs=1e-5)
    assert np.abs(one - other).max() > 0.1, "proteins are told apart"


def test_the_batch_changes_nothing(weights: Path, monkeypatch: pytest.MonkeyPatch):
    from ingest.method.saturn.genes import esm2
    from ingest.method.saturn.genes.proteins import Proteins

    proteins = Proteins({f"g{n}": [sequence(n)] for n in (3, 50, 51, 120)}, 0, ())
    model = esm2.Esm2(weights)
    seen: list[tuple[int, int]] = []
    whole, cut = esm2.embed_proteins(model, proteins, lambda *at: seen.append(at))
    assert (seen, cut) == ([(4, 4)], 0)
    monkeypatch.setattr(esm2, "TOKENS", 60)
    alone, _ = esm2.embed_proteins(model, proteins, lambda *at: seen.append(at))
    assert [done for done, _ in seen[1:]] == [1, 2, 3, 4]
    assert alone.vectors == pytest.approx(whole.vectors, abs=1e-5)


def rewritten(weights: Path, folder: Path, *leave: str) -> Path:
    folder.mkdir()
    for path in weights.iterdir():
        if path.name not in leave:
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


class Bomb:
    def __reduce__(self):
        return (Path.write_text, (Path("exploded"), "x"))


def test_a_pickle_is_not_read(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    folder = rewritten(weights, tmp_path / "m", "model.safetensors")
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({"esm.x": Bomb()}))
    made = run(tmp_path, folder)
    assert made.exit_code != 0
    assert "UNSAFE_FILE" in made.output
    assert "pytorch_model.bin" in made.output
    assert not Path("exploded").exists()


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"model_type": "bert"}, "BAD_MODEL", "bert"),
        ({"num_hidden_layers": 3}, "BAD_MODEL", "layer.2"),
        ({"hidden_size": 32}, "BAD_MODEL", "of another size"),
        (None, "MISSING_FILE", "vocab.txt"),
    ],
)
def test_weights_that_do_not_fit(tmp_path: Path, weights: Path, change: dict | None, code: str, said: str):
    import json

    from ingest.method.saturn.genes.esm2 import Esm2

    folder = rewritten(weights, tmp_path / "m", *([] if change else ["vocab.txt"]))
    told = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(told | (change or {})))
    with pytest.raises(ContractError, match=said) as error:
        Esm2(folder)
    assert error.value.code == code
