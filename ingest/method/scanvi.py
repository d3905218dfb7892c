"""The latent space of scANVI, and queries placed in it by surgery on their batches (scArches).

scANVI: Xu 2021 (doi 10.15252/msb.20209620); surgery: Lotfollahi 2022 (doi 10.1038/s41587-021-01001-7). Surgery trains
only the weights of new batches, so the model must encode batches in its encoder and must not use batch norm: with
scvi's defaults the query does not move. Each mapping checks that the query moved and the reference did not. A model is
its weights and a card (class, arguments, genes, categories, versions), plain numbers and JSON: it is rebuilt, never
unpickled. Needs [models].
"""

import json
import platform
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.extra import package
from ingest.method.mapping.space.cells import Strings
from ingest.method.mapping.space.genes import places
from ingest.method.mapping.space.geometry import Floats, Ints
from kg.errors import MethodError, broken
from kg.match.card import Card

CARD = Card(
    "scanvi-surgery",
    "1",
    "latent space of scANVI; queries are mapped by scArches surgery on their batches",
    (
        "model genes missing from a query are set to their share of the reference's counts, which is reported",
        "each donor is a batch: everything its cells share is removed, be it batch, state or disease",
        "the same seed gives the same model on the same machine and release only",
    ),
    "10.1038/s41587-021-01001-7",
)
LAYOUT, CLASS, UNLABELLED, BATCH, LABEL, MOVED = 1, "scvi.model.SCANVI", "unlabelled", "batch", "label", "query: "
BUILT = {"encode_covariates": True, "use_layer_norm": "both", "use_batch_norm": "none"}
STILL, MOVES = 1e-4, 1e-3  # maximum shift of any reference cell, and minimum shift of at least one query cell
_FIX = "rebuild the version with this release"


@dataclass(frozen=True)
class Settings:
    """``latent``: dimensions; ``hidden``: units per layer; ``layers``: number of layers; ``epochs``: of scVI, of scANVI
    after it, and of surgery."""

    latent: int = 10
    hidden: int = 128
    layers: int = 2
    epochs: tuple[int, int, int] = (200, 20, 100)

    @property
    def arguments(self) -> dict[str, Any]:
        return {"n_latent": self.latent, "n_hidden": self.hidden, "n_layers": self.layers, **BUILT}


@dataclass(frozen=True)
class Model:
    """``weights``: by name; ``probe`` (types, genes): a mean cell of each type; ``places`` (types, d): its coordinates
    when the model was trained, which must stay the same; ``share`` (genes,): of all counts of the reference; ``cells``
    (n, d): coordinates (none in a model read from a file)."""

    weights: dict[str, NDArray[Any]]
    card: dict[str, Any]
    probe: Floats
    places: Floats
    share: Floats
    cells: Floats
    settings: Settings

    def query(self, counts: sparse.csr_matrix, genes: Strings, batch: Ints, seed: int) -> Floats:
        """Coordinates (cells, d) of a query after surgery.

        Raises MethodError NO_SURGERY if the query does not move or the reference moves; ContractError REFERENCE_LAYOUT
        if the model no longer reproduces its own coordinates.
        """
        with quiet(seed) as scvi:
            reference = self._rebuilt(scvi)
            own = frame(
                _filled(counts, genes, self.card["genes"], self.share),
                self.card["genes"],
                [f"{MOVED}{each}" for each in batch],
                [UNLABELLED] * len(batch),
            )
            model = scvi.model.SCANVI.load_query_data(own, reference, accelerator="cpu", freeze_dropout=True)
            model.is_trained = True
            before = model.get_latent_representation(own)
            train(model, self.settings.epochs[2], plan_kwargs={"weight_decay": 0.0})
            after = np.asarray(model.get_latent_representation(own), np.float32)
            _proved(
                np.abs(after - before).max(initial=0),
                np.abs(self._probed(model) - self._probed(reference)).max(initial=0),
            )
        return after

    def _probed(self, model: Any) -> Floats:
        return _probed(model, self.probe, self.card["genes"], self.card["batches"][0])

    def _rebuilt(self, scvi: Any) -> Any:
        """Rebuilds the model from the class, arguments and categories of its card, and its weights."""
        arguments, types, batches = self.card["arguments"], self.card["types"], self.card["batches"]
        if any(arguments.get(name) != value for name, value in BUILT.items()):
            raise MethodError(
                "surgery cannot move query cells in this model, because it was not built with"
                f" {', '.join(f'{k}={v!r}' for k, v in BUILT.items())}; rebuild the reference",
                code="NO_SURGERY",
            )
        many = max(len(batches), len(types) + 1)
        labels = [*types, UNLABELLED]
        cells = frame(
            sparse.csr_matrix(np.ones((many, len(self.card["genes"])), np.float32)),
            self.card["genes"],
            [batches[at % len(batches)] for at in range(many)],
            [labels[at % len(labels)] for at in range(many)],
        )
        scvi.model.SCANVI.setup_anndata(cells, labels_key=LABEL, unlabeled_category=UNLABELLED, batch_key=BATCH)
        made = scvi.model.SCANVI(cells, **arguments)
        torch = package("torch")
        try:
            made.module.load_state_dict({name: torch.from_numpy(each.copy()) for name, each in self.weights.items()})
        except RuntimeError as error:
            found = " ".join(str(error).split())[:300]
            raise broken("REFERENCE_LAYOUT", "model", "the weights fit the model class", found, _FIX) from error
        made.is_trained = True
        made.module.eval()
        if (off := float(np.abs(self._probed(made) - self.places).max(initial=0))) > MOVES:
            rule = "a model reproduces the coordinates of its types"
            raise broken("REFERENCE_LAYOUT", "model", rule, f"{off:.1e} away", _FIX)
        return made


@dataclass(frozen=True)
class Scanvi:
    """scANVI as a space for the mapping engine."""

    settings: Settings = Settings()

    def fit(self, counts: sparse.csr_matrix, genes: Strings, types: Strings, batch: Ints, seed: int) -> Model:
        """Raises MethodError NEEDS_MODELS."""
        with quiet(seed) as scvi:
            cells = frame(counts, list(map(str, genes)), [f"{each}" for each in batch], list(map(str, types)))
            scvi.model.SCVI.setup_anndata(cells, labels_key=LABEL, batch_key=BATCH)
            plain = scvi.model.SCVI(cells, **self.settings.arguments)
            train(plain, self.settings.epochs[0])
            model = scvi.model.SCANVI.from_scvi_model(plain, unlabeled_category=UNLABELLED)
            train(model, self.settings.epochs[1], n_samples_per_label=100)
            latent = np.asarray(model.get_latent_representation(), np.float32)
            weights = {name: each.detach().cpu().numpy() for name, each in model.module.state_dict().items()}
            names, batches = np.unique(types), sorted({f"{each}" for each in batch})
            mean = [np.asarray(counts[types == name].mean(axis=0)).ravel() for name in names]
            probe = np.stack(mean).astype(np.float32)
            where = _probed(model, probe, list(map(str, genes)), batches[0])
        card = {
            "layout": LAYOUT,
            "class": CLASS,
            "arguments": self.settings.arguments,
            "settings": asdict(self.settings),
            "genes": list(map(str, genes)),
            "types": list(map(str, names)),
            "batches": batches,
            "unlabelled": UNLABELLED,
            "versions": {
                "python": platform.python_version(),
                "scvi-tools": scvi.__version__,
                "torch": package("torch").__version__,
            },
        }
        share = np.asarray(counts.sum(axis=0), float).ravel() / max(counts.sum(), 1)
        return Model(weights, card, probe, where, share.astype(np.float32), latent, self.settings)


def to_bytes(model: Model) -> tuple[bytes, bytes]:
    """The weights as safetensors, and the card as JSON."""
    arrays = {f"weights.{name}": np.ascontiguousarray(each) for name, each in sorted(model.weights.items())}
    held = package("safetensors.numpy").save(
        {**arrays, "probe": model.probe, "places": model.places, "share": model.share}
    )
    return held, json.dumps(model.card, sort_keys=True, ensure_ascii=False).encode()


def from_bytes(weights: bytes, card: bytes) -> Model:
    """A model. Raises ContractError PICKLED for files that could run code, REFERENCE_LAYOUT for an unknown layout."""
    if weights[:1] == b"\x80" or weights[:2] == b"PK":
        raise broken(
            "PICKLED", "model", "weights must be safetensors; pickled files are not opened", "a pickle",
            "copy the version from where it was built, or rebuild it",
        )  # fmt: skip
    try:
        arrays = package("safetensors.numpy").load(weights)
        known = json.loads(card)
        if known["layout"] != LAYOUT or known["class"] != CLASS:
            raise ValueError(f"layout {known['layout']} of {known['class']}")
        settings = Settings(**{**known["settings"], "epochs": tuple(known["settings"]["epochs"])})
        held = {name.removeprefix("weights."): each for name, each in arrays.items() if name.startswith("weights.")}
        nothing = np.zeros((0, settings.latent), np.float32)
        return Model(held, known, arrays["probe"], arrays["places"], arrays["share"], nothing, settings)
    except (ValueError, KeyError, TypeError, package("safetensors").SafetensorError) as error:
        found = str(error)[:200]
        raise broken("REFERENCE_LAYOUT", "model", f"a model of {CLASS} with layout {LAYOUT}", found, _FIX) from error


def _proved(moved: float, still: float) -> None:
    if moved <= MOVES:
        raise MethodError(
            f"surgery moved no query cell by more than {moved:.1e}, so it had no effect: rebuild the reference, or"
            " use more epochs for surgery",
            code="NO_SURGERY",
        )
    if still >= STILL:
        raise MethodError(
            f"surgery moved the reference itself, by {still:.1e}, so its stored coordinates are no longer valid:"
            " rebuild the reference",
            code="NO_SURGERY",
        )


def _filled(counts: sparse.csr_matrix, genes: Strings, wanted: list[str], share: Floats) -> sparse.csr_matrix:
    """Counts (cells, model genes); genes missing from the query are set to their share of the reference's counts."""
    at = places(np.array(wanted), genes)
    there = at >= 0
    if there.all():
        return sparse.csr_matrix(counts[:, at])
    own = sparse.csr_matrix(counts[:, at[there]])
    depth = np.asarray(own.sum(axis=1), float).ravel() / max(float(share[there].sum()), 1e-6)
    whole = np.zeros((len(depth), len(wanted)), np.float32)
    whole[:, there] = own.toarray()
    whole[:, ~there] = depth[:, None] * share[~there]
    return sparse.csr_matrix(whole)


def frame(counts: sparse.csr_matrix, genes: list[str], batch: list[str], label: list[str]) -> Any:
    obs = pd.DataFrame(
        {BATCH: pd.Categorical(batch), LABEL: pd.Categorical(label)}, index=[str(at) for at in range(len(batch))]
    )
    var = pd.DataFrame(index=pd.Index(genes, dtype=object))
    return package("anndata").AnnData(sparse.csr_matrix(counts, dtype=np.float32), obs=obs, var=var)


def _probed(model: Any, probe: Floats, genes: list[str], batch: str) -> Floats:
    """Coordinates (cells, d) of cells treated as part of a reference batch."""
    many = len(probe)
    cells = frame(sparse.csr_matrix(probe), genes, [batch] * many, [UNLABELLED] * many)
    return np.asarray(model.get_latent_representation(cells), np.float32)


def train(model: Any, epochs: int, **more: Any) -> None:
    model.train(
        max_epochs=epochs, accelerator="cpu", train_size=1.0, enable_progress_bar=False, logger=False,
        enable_checkpointing=False, enable_model_summary=False, check_val_every_n_epoch=None, **more,
    )  # fmt: skip


@contextmanager
def quiet(seed: int) -> Iterator[Any]:
    """scvi, seeded, with one torch thread and without its warnings about loaders and fractions."""
    import logging

    scvi, torch = package("scvi"), package("torch")
    threads, level = torch.get_num_threads(), logging.getLogger("lightning.pytorch").level
    torch.set_num_threads(1)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    scvi.settings.verbosity = logging.ERROR
    scvi.settings.seed = seed
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield scvi
    finally:
        torch.set_num_threads(threads)
        logging.getLogger("lightning.pytorch").setLevel(level)
