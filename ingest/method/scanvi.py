"""Cells in the latent space of scANVI, and a query in it after surgery on its batches (scArches).

scANVI: Xu 2021 (doi 10.15252/msb.20209620); surgery: Lotfollahi 2022 (doi 10.1038/s41587-021-01001-7). What surgery may
train are the weights of new batches, so a model must read batches in its encoder and hold no running means of a batch:
with scvi's defaults the query does not move. Both are proved at each mapping. A model is its weights and a card (class,
arguments, genes, categories, versions), plain numbers and JSON: it is rebuilt, never unpickled. Needs [models].
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
from ingest.method.mapping.cells import Strings
from ingest.method.mapping.genes import places
from ingest.method.mapping.geometry import Floats, Ints
from kg.errors import MethodError, broken
from kg.match.card import Card

CARD = Card(
    "scanvi-surgery",
    "1",
    "latent space of scANVI, to which a query is mapped by scArches surgery on its batches",
    (
        "genes of the model that a query lacks are taken at their share of the reference's counts, and that is said",
        "each donor is a batch: what all its cells share is taken off, be it batch, state or disease",
        "the same seed gives the same model on one machine and release, not on every one",
    ),
    "10.1038/s41587-021-01001-7",
)
LAYOUT, CLASS, UNLABELLED, BATCH, LABEL, MOVED = 1, "scvi.model.SCANVI", "unlabelled", "batch", "label", "query: "
BUILT = {"encode_covariates": True, "use_layer_norm": "both", "use_batch_norm": "none"}
STILL, MOVES = 1e-4, 1e-3  # most that a cell of the reference may move, and least that some cell of the query must
_FIX = "build the version again with this release"


@dataclass(frozen=True)
class Settings:
    """``latent``: axes; ``hidden``: width of ``layers``; ``epochs``: of scVI, of scANVI after it, of surgery."""

    latent: int = 10
    hidden: int = 128
    layers: int = 2
    epochs: tuple[int, int, int] = (200, 20, 100)

    @property
    def arguments(self) -> dict[str, Any]:
        return {"n_latent": self.latent, "n_hidden": self.hidden, "n_layers": self.layers, **BUILT}


@dataclass(frozen=True)
class Model:
    """``weights``: by name; ``probe`` (cells, genes): a mean cell of each type, and ``places`` (cells, d), where
    it lay when the model was made and must stay; ``share`` (genes,): of all counts of the reference; ``cells`` (n, d):
    coordinates (none in a model that was read)."""

    weights: dict[str, NDArray[Any]]
    card: dict[str, Any]
    probe: Floats
    places: Floats
    share: Floats
    cells: Floats
    settings: Settings

    def query(self, counts: sparse.csr_matrix, genes: Strings, batch: Ints, seed: int) -> Floats:
        """(cells, d) after surgery.

        Raises MethodError NO_SURGERY where the query stays or the reference moves, ContractError REFERENCE_LAYOUT where
        the model is not what it was.
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
        """The class and arguments of the card, on cells that name its categories, with the weights."""
        arguments, types, batches = self.card["arguments"], self.card["types"], self.card["batches"]
        if any(arguments.get(name) != value for name, value in BUILT.items()):
            raise MethodError(
                "surgery would move no cell of a query on this model: it was not built with"
                f" {', '.join(f'{k}={v!r}' for k, v in BUILT.items())}; build the reference again",
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
            raise broken("REFERENCE_LAYOUT", "model", "its weights fit its class", found, _FIX) from error
        made.is_trained = True
        made.module.eval()
        if (off := float(np.abs(self._probed(made) - self.places).max(initial=0))) > MOVES:
            rule = "a model lays its types where it did when it was made"
            raise broken("REFERENCE_LAYOUT", "model", rule, f"{off:.1e} away", _FIX)
        return made


@dataclass(frozen=True)
class Scanvi:
    """The space that the kernels ask for."""

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
    """Raises ContractError PICKLED for what could run code, REFERENCE_LAYOUT for what is of no known layout."""
    if weights[:1] == b"\x80" or weights[:2] == b"PK":
        raise broken(
            "PICKLED", "model", "weights are safetensors; what must be unpickled is not opened", "a pickle",
            "take the version from where it was built, or build it again",
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
        raise broken("REFERENCE_LAYOUT", "model", f"a model of layout {LAYOUT} of {CLASS}", found, _FIX) from error


def _proved(moved: float, still: float) -> None:
    if moved <= MOVES:
        raise MethodError(
            f"surgery moved no cell of the query by more than {moved:.1e}: it did nothing; build the reference again,"
            " or give surgery more epochs",
            code="NO_SURGERY",
        )
    if still >= STILL:
        raise MethodError(
            f"surgery moved the reference itself, by {still:.1e}: its cells are no longer where they were stored;"
            " build the reference again",
            code="NO_SURGERY",
        )


def _filled(counts: sparse.csr_matrix, genes: Strings, wanted: list[str], share: Floats) -> sparse.csr_matrix:
    """Counts of the model's genes; of those that the query lacks, their share of the reference's counts."""
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
    """Coordinates of cells as cells of a batch of the reference."""
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
    """scvi, seeded, one thread of torch, and without its advice on loaders and fractions."""
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
