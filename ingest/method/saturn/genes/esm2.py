"""Gene embeddings from protein sequences by ESM2 (Lin et al. 2023, doi 10.1126/science.ade2574), with weights that the
user has.

As in SATURN, a protein is the mean over its residues in the last layer, and a gene the mean over its proteins. Weights
are a folder as saved by transformers (config.json, vocab.txt, model.safetensors); nothing is downloaded or unpickled.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ingest.files.frames import broken
from ingest.method.extra import package
from ingest.method.saturn.genes.proteins import Proteins
from ingest.method.saturn.genes.vectors import GeneEmbedding
from ingest.method.saturn.loop import one_thread

LONGEST = 1_022
TOKENS = 4_096
_FIX = "give a folder with config.json, vocab.txt and model.safetensors, such as facebook/esm2_t33_650M_UR50D has"
Progress = Callable[[int, int], None]


class Esm2:
    """The model and its vocabulary. Raises ContractError: MISSING_FILE, UNSAFE_FILE (weights as a pickle alone) or
    BAD_MODEL."""

    def __init__(self, folder: Path, threads: int = 1):
        self.threads = threads
        config = _config(folder)
        transformers = package("transformers", extra="esm")
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        self.vocabulary = transformers.EsmTokenizer(str(folder / "vocab.txt"))
        try:
            self.model, told = transformers.EsmModel.from_pretrained(
                str(folder),
                add_pooling_layer=False,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,
                dtype=torch.float32,
            )
        except (OSError, RuntimeError, ValueError) as error:
            raise broken("BAD_MODEL", str(folder), "the weights fit config.json", _line(error), _FIX) from None
        wrong = sorted(told["missing_keys"]) + [str(key) for key, *_ in told["mismatched_keys"]]
        if wrong:
            found = f"{len(wrong)} tensors are missing or of another size, such as {wrong[0]}"
            raise broken("BAD_MODEL", str(folder), "the weights fit config.json", found, _FIX)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model.eval().to(self.device)
        layers, width = config["num_hidden_layers"], config["hidden_size"]
        self.kind = f"ESM2 ({folder.resolve().name}: {layers} layers, {width} dimensions)"

    def means(self, sequences: list[str]) -> NDArray[np.float32]:
        """Sequences x dimensions: the mean over the residues of each, without the tokens for start, end and padding."""
        ids = [[self.vocabulary.cls_token_id, *self._tokens(s), self.vocabulary.eos_token_id] for s in sequences]
        width = max(map(len, ids))
        padded = torch.full((len(ids), width), self.vocabulary.pad_token_id)
        residues = torch.zeros(len(ids), width)
        for i, row in enumerate(ids):
            padded[i, : len(row)] = torch.tensor(row)
            residues[i, 1 : len(row) - 1] = 1
        padded, residues = padded.to(self.device), residues.to(self.device)
        with torch.no_grad(), one_thread(self.threads):
            attention = (padded != self.vocabulary.pad_token_id).long()
            last = self.model(input_ids=padded, attention_mask=attention).last_hidden_state
            made = (last * residues[..., None]).sum(1) / residues.sum(1, keepdim=True)
        return made.float().cpu().numpy()

    def _tokens(self, sequence: str) -> list[int]:
        return self.vocabulary.convert_tokens_to_ids(list(sequence[:LONGEST]))


def embed_proteins(model: Esm2, proteins: Proteins, progress: Progress) -> tuple[GeneEmbedding, int]:
    """The embedding of each gene, sorted by name, and how many proteins were cut because they were longer than
    ``LONGEST``.

    A sequence shared by several proteins is embedded once; each protein has the same weight in its gene's mean.
    """
    every = [s for each in proteins.sequences.values() for s in each]
    vectors: dict[str, NDArray[np.float32]] = {}
    todo = sorted({s[:LONGEST] for s in every}, key=lambda s: (len(s), s))
    for batch in _batches(todo):
        vectors |= dict(zip(batch, model.means(batch), strict=True))
        progress(len(vectors), len(todo))
    genes = sorted(proteins.sequences)
    means = [np.mean([vectors[s[:LONGEST]] for s in proteins.sequences[g]], axis=0) for g in genes]
    cut = sum(len(s) > LONGEST for s in every)
    return GeneEmbedding(np.array(genes, dtype=str), np.stack(means).astype(np.float32), model.kind), cut


def _batches(sequences: list[str]) -> Iterator[list[str]]:
    """Batches of sequences, shortest first, of at most ``TOKENS`` tokens when padded to the longest."""
    batch: list[str] = []
    for sequence in sequences:
        if batch and (len(batch) + 1) * (len(sequence) + 2) > TOKENS:
            yield batch
            batch = []
        batch.append(sequence)
    if batch:
        yield batch


def _config(folder: Path) -> dict[str, Any]:
    for name in ("config.json", "vocab.txt"):
        if not (folder / name).is_file():
            raise broken("MISSING_FILE", str(folder / name), "a model is a folder with this file", "no file", _FIX)
    if not any(folder.glob("model*.safetensors")):
        pickles = sorted(p.name for p in folder.glob("*.bin")) + sorted(p.name for p in folder.glob("*.pt"))
        code, found = ("UNSAFE_FILE", ", ".join(pickles)) if pickles else ("MISSING_FILE", "no file")
        raise broken(code, str(folder), "weights are model.safetensors; a pickle is never read", found, _FIX)
    try:
        config = json.loads((folder / "config.json").read_text())
        known = config["model_type"] == "esm" and config["num_hidden_layers"] > 0 and config["hidden_size"] > 0
    except (ValueError, KeyError, TypeError) as error:
        raise broken("BAD_MODEL", str(folder / "config.json"), "it describes an ESM2 model", error, _FIX) from None
    if not known:
        raise broken("BAD_MODEL", str(folder / "config.json"), "model_type is esm", config["model_type"], _FIX)
    return config


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]
