"""A simulated graph of many stored contrasts, laid down without an ingest: tables that borrow one of 20 references, and
one in twenty with samples of its own. Contrasts of one study share the genes that it tested, two thirds are of mouse
models, the others are cohorts of human states, ten to a state."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kg.curie import HUMAN, MOUSE
from kg.match.contrast import contrast
from kg.match.orthology import MAIN
from kg.signatures.store import Reference, Signature, SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema, write_edges, write_nodes

GENES, CORE, TESTED, TISSUES, FACTORS, A_STUDY, A_STATE = 16_000, 11_400, 12_000, 10, 6, 6, 10
TISSUE_IDS = [f"UBERON:90{i:05d}" for i in range(TISSUES)]
_GENES = {
    HUMAN: np.array([f"ENSG9{i:010d}" for i in range(GENES)]),
    MOUSE: np.array([f"ENSMUSG9{i:010d}" for i in range(GENES)]),
}
_OWNER = {"source": "simulated", "run": "orthokg:run/simulated"}


class Many:
    """Draws of one seed; noise moves genes together as a tissue's reference does."""

    def __init__(self, contrasts: int, seed: int):
        self.rng = np.random.default_rng(seed)
        self.models, self.cohorts = contrasts - 2 * contrasts // 5, 2 * contrasts // 5
        self.states = self.cohorts // A_STATE
        self.loadings = {taxon: self.rng.normal(size=(TISSUES, FACTORS, GENES)) * 0.35 for taxon in (HUMAN, MOUSE)}
        self.truths = self.rng.normal(size=(40, GENES)) * (self.rng.random((40, GENES)) < 0.1)

    def genes(self, study: int) -> np.ndarray:
        rng = np.random.default_rng([7, study])
        return np.sort(np.concatenate([np.arange(CORE), CORE + rng.permutation(GENES - CORE)[: TESTED - CORE]]))

    def noise(self, taxon: str, tissue: int, n: int) -> np.ndarray:
        common = self.rng.normal(size=(n, FACTORS)) @ self.loadings[taxon][tissue]
        size = np.sqrt(1 + (self.loadings[taxon][tissue] ** 2).sum(axis=0))
        return (common + self.rng.normal(size=(n, GENES))) / size

    def table(self, taxon: str, tissue: int, truth: int, genes: np.ndarray) -> np.ndarray:
        return (self.truths[truth] * self.rng.uniform(0, 1.2) + self.noise(taxon, tissue, 1)[0])[genes]


def lay(store: Store, signatures: SignatureStore, contrasts: int, seed: int) -> Many:
    """The graph and the signatures of so many contrasts."""
    many = Many(contrasts, seed)
    ensure_schema(store)
    with signatures.batch():
        _tables(signatures)
        _references(many, store, signatures)
        rows = list(_contrasts(many, signatures))
    write_nodes(store, "Contrast", [row for row, _, _ in rows], **_OWNER)
    studies = sorted({study for _, _, study in rows})
    write_nodes(
        store,
        "Dataset",
        [
            {
                "id": f"orthokg:dataset/{s}",
                "title": f"simulated study {s}",
                "in_taxon": MOUSE,
                "simulated": True,
                "licence": "CC0",
                "counts": "none",
            }
            for s in studies
        ],
        **_OWNER,
    )
    diseases = [f"MONDO:90{i:05d}" for i in range(40)]
    write_nodes(
        store, "Disease", [{"id": d, "label": f"simulated disease {i}"} for i, d in enumerate(diseases)], **_OWNER
    )
    write_nodes(
        store,
        "DiseaseState",
        [
            {
                "id": f"orthokg:state/{i}",
                "label": f"simulated state {i}",
                "disease": diseases[i % 40],
                "material": f"bulk tissue {i % TISSUES}",
            }
            for i in range(many.states)
        ],
        **_OWNER,
    )
    write_nodes(
        store,
        "DiseaseModel",
        [{"id": f"orthokg:model/{i}", "label": f"simulated model {i}"} for i in range(many.models // A_STUDY + 1)],
        **_OWNER,
    )
    write_nodes(store, "Tissue", [{"id": t, "label": f"tissue {i}"} for i, t in enumerate(TISSUE_IDS)], **_OWNER)
    _edges(store, "FROM_DATASET", "Dataset", [(row["id"], f"orthokg:dataset/{study}") for row, _, study in rows])
    _edges(store, "OF_MODEL", "DiseaseModel", [(row["id"], to) for row, to, _ in rows if "model/" in to])
    _edges(store, "OF_STATE", "DiseaseState", [(row["id"], to) for row, to, _ in rows if "state/" in to])
    _edges(
        store,
        "IN_TISSUE",
        "Tissue",
        [(row["id"], TISSUE_IDS[int(row["material"].rsplit(" ", 1)[1])]) for row, _, _ in rows],
    )
    pairs = [{"subject": f"orthokg:state/{i}", "object": diseases[i % 40]} for i in range(many.states)]
    write_edges(store, "HAS_DISEASE", "DiseaseState", "Disease", pairs, **_OWNER)
    return many


def _edges(store: Store, kind: str, label: str, pairs: list[tuple[str, str]]) -> None:
    write_edges(store, kind, "Contrast", label, [{"subject": a, "object": b} for a, b in pairs], **_OWNER)


def _tables(signatures: SignatureStore) -> None:
    symbols = np.array([f"S{i}" for i in range(GENES)])
    for taxon, genes in _GENES.items():
        signatures.put_table(f"genes/{taxon}", id=genes, symbol=symbols)
    one = np.ones(GENES)
    signatures.put_table(
        f"orthologs/{MAIN}",
        version=np.array(["1"]),
        human=_GENES[HUMAN],
        mouse=_GENES[MOUSE],
        human_symbol=symbols,
        mouse_symbol=symbols,
        cardinality=np.full(GENES, "one2one"),
        confidence=one,
        identity=-one,
    )


def _references(many: Many, store: Store, signatures: SignatureStore) -> None:
    rows = []
    for taxon, name in ((HUMAN, "human"), (MOUSE, "mouse")):
        for tissue in range(TISSUES):
            key = f"orthokg:reference/{name}-{tissue}"
            donors = tuple(f"{key}/{i}" for i in range(18))
            signatures.put_reference(
                Reference(
                    key,
                    taxon,
                    "reference",
                    _GENES[taxon],
                    many.noise(taxon, tissue, 18),
                    np.repeat(["f", "m"], 9),
                    donors,
                )
            )
            rows.append(
                {
                    "id": key,
                    "label": f"healthy {name} tissue {tissue}",
                    "role": "reference",
                    "in_taxon": taxon,
                    "material": f"bulk tissue {tissue}",
                    "level": "donor",
                    "n_donors": 18,
                    "df": 16,
                    "type_i_error": 0.05,
                    "measured_how": "simulated",
                    "status": "calibrated",
                    "n_axes": 0,
                }
            )
    write_nodes(store, "NoiseReference", rows, **_OWNER)
    write_nodes(
        store,
        "Dataset",
        [{"id": "orthokg:dataset/healthy", "title": "healthy", "in_taxon": HUMAN, "simulated": True}],
        **_OWNER,
    )
    pairs = [{"subject": row["id"], "object": "orthokg:dataset/healthy"} for row in rows]
    write_edges(store, "FROM_DATASET", "NoiseReference", "Dataset", pairs, **_OWNER)


def _linked(laid: dict[tuple[str, int], Path], folder: Path, name: str, of: tuple[str, int]) -> None:
    """Contrasts of one study have one file of genes on the disk, which would be three quarters of the bytes."""
    first = laid.setdefault(of, folder / name)
    if first.parent != folder:
        (folder / name).unlink()
        (folder / name).hardlink_to(first)


def _contrasts(many: Many, signatures: SignatureStore) -> Iterator[tuple[dict, str, str]]:
    """Properties, state or model, and study of each."""
    laid: dict[tuple[str, int], Path] = {}
    for at in range(many.models + many.cohorts):
        taxon = MOUSE if at < many.models else HUMAN
        place = at if taxon == MOUSE else at - many.models
        study = f"{'mouse' if taxon == MOUSE else 'human'}-{place // A_STUDY}"
        group = place // A_STUDY if taxon == MOUSE else place % many.states
        tissue, key, own = group % TISSUES, f"orthokg:contrast/sim-{at}", at % 20 == 0
        some = many.genes(at // A_STUDY)
        genes, nan = _GENES[taxon][some], np.full(len(some), np.nan)
        donors = tuple(f"{key}/{i}" for i in range(14))
        if own:
            values = many.noise(taxon, tissue, 14)[:, some] + np.outer(
                np.arange(14) >= 7, many.truths[group % 40][some]
            )
            fit = contrast(values, np.arange(14) >= 7)
            sha = signatures.put(
                Signature(key, taxon, genes, fit.vector, fit.effect, fit.p, "donors", fit.factor, fit.df, donors)
            )
        else:
            vector = many.table(taxon, tissue, group % 40, some)
            sha = signatures.put(Signature(key, taxon, genes, vector, vector, nan, "table", donors=donors))
        _linked(laid, signatures.root / "objects" / sha, "genes.npy", (taxon, at // A_STUDY))
        row = {
            "id": key,
            "label": f"simulated contrast {at}",
            "in_taxon": taxon,
            "kind": "model" if taxon == MOUSE else "disease",
            "level": "donor",
            "n_case": 7,
            "n_control": 7,
            "noise": "donors" if own else "reference",
            "df": 12 if own else 0,
            "material": f"bulk tissue {tissue}",
            "pooled": True,
            "universe": len(some),
            "n_genes": len(some),
        }
        yield row, f"orthokg:model/{group}" if taxon == MOUSE else f"orthokg:state/{group}", study
