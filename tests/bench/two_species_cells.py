"""Two studies of single cells with planted regulatory changes, one mouse and one human. Simulated.

    python -m tests.bench.two_species_cells OUT      # mouse.h5ad, human.h5ad, their manifests, factors and truth.csv

A factor's activity varies between cells and donors and drives its targets, the same in both species but for a fifth of
them. In case donors it changes as planted:

    activity   its mean moves: the same way in both species (concordant), opposite ways (discordant), in one species
    alone rewiring   its hold on its targets falls (or rises): likewise none       nothing

Genes are real one-to-one orthologs, named by Ensembl ids; everything else is made by this generator.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

from kg.curie import HUMAN, MOUSE

TFS, GENES, TARGETS, DONORS, CELLS = 120, 1800, 15, 8, 120
KINDS = {"activity": (14, 4, 4), "rewiring": (14, 4, 4)}  # concordant, discordant, one species alone
CELL_TYPE, CORTEX = "CL:0000129", "UBERON:0000956"


@dataclass(frozen=True)
class World:
    """``genes``: taxon -> Ensembl ids, in the same order of orthologs; the first are the factors. ``truth``: one row
    per
    factor: kind of its change, plan, and its direction in each species (0: none)."""

    genes: dict[str, list[str]]
    targets: np.ndarray
    weights: np.ndarray
    truth: pd.DataFrame


def world(pairs: list[tuple[str, str]], seed: int = 0, tfs: int = TFS) -> World:
    """``pairs``: (human, mouse) one-to-one orthologs, factors first; see :func:`plan`."""
    rng = np.random.default_rng(seed)
    n = len(pairs)
    targets = np.array([rng.choice(np.arange(tfs, n), TARGETS, replace=False) for _ in range(tfs)])
    weights = rng.uniform(0.5, 1.0, targets.shape)
    genes = {HUMAN: [h for h, _ in pairs], MOUSE: [m for _, m in pairs]}
    return World(genes, targets, weights, plan(genes[HUMAN][:tfs], genes[MOUSE][:tfs], rng))


def plan(human: list[str], mouse: list[str], rng: np.random.Generator) -> pd.DataFrame:
    order, rows, at = rng.permutation(len(human)), [], 0
    for kind, counts in KINDS.items():
        for name, count in zip(("concordant", "discordant", "one species"), counts, strict=True):
            for i in range(count):
                up = 1 if i % 2 else -1
                other = {"concordant": up, "discordant": -up, "one species": 0}[name]
                sides = (up, other) if name != "one species" or i % 4 < 2 else (0, up)
                rows.append((order[at], kind, name, *sides))
                at += 1
    rows += [(i, "none", "nothing", 0, 0) for i in order[at:]]
    made = pd.DataFrame(rows, columns=["factor", "kind", "plan", "mouse", "human"]).sort_values("factor")
    return made.assign(human_gene=[human[i] for i in made["factor"]], mouse_gene=[mouse[i] for i in made["factor"]])


def study(
    w: World, taxon: str, seed: int, donors: int = DONORS, cells: int = CELLS, shift: float = 1.5
) -> anndata.AnnData:
    """``donors`` controls and as many cases, ``cells`` each; ``shift``: planted change of mean activity, in standard
    deviations of it between cells."""
    rng = np.random.default_rng(seed)
    n, tfs = len(w.genes[taxon]), len(w.targets)
    side = w.truth["mouse" if taxon == MOUSE else "human"].to_numpy()
    moves = np.where(w.truth["kind"] == "activity", side, 0) * shift
    holds = np.where(w.truth["kind"] == "rewiring", side, 0)
    weights = w.weights.copy()
    own = rng.random(weights.shape) < 0.2  # a fifth of the targets is the species' own
    targets = np.where(own, rng.integers(tfs, n, weights.shape), w.targets)
    base = rng.normal(-0.3, 0.6, n)
    base[:tfs] = rng.normal(0.2, 0.3, tfs)
    blocks, obs = [], []
    for d in range(2 * donors):
        case = d % 2
        activity = rng.normal(0, 1, (cells, tfs)) + rng.normal(0, 0.25, tfs) + moves * case
        hold = np.where(holds == 0, 0.6, np.where((holds > 0) == bool(case), 1.0, 0.2)) * rng.lognormal(0, 0.15, tfs)
        rate = base + rng.normal(0, 0.15, n) + rng.normal(0, 0.25, (cells, n))
        rate[:, :tfs] += 0.8 * activity
        for f in range(tfs):
            rate[:, targets[f]] += hold[f] * weights[f] * activity[:, [f]]
        depth = rng.lognormal(0.9, 0.3, (cells, 1))
        blocks.append(sparse.csr_matrix(rng.poisson(np.exp(np.clip(rate, -5, 4)) * depth).astype(np.float32)))
        fact = {
            "donor_id": f"{'m' if taxon == MOUSE else 'h'}{d}",
            "cell_type_ontology_term_id": CELL_TYPE,
            "sex": ("female", "male")[d // 2 % 2],
            "arm": "case" if case else "control",
        }
        obs += [fact] * cells
    frame = pd.DataFrame(obs, index=[f"cell{i}" for i in range(len(obs))])
    made = anndata.AnnData(sparse.vstack(blocks).tocsr(), frame, pd.DataFrame(index=w.genes[taxon]))
    made.uns["title"] = "SIMULATED single cells with planted regulatory changes"
    return made


MANIFEST = """schema: 1
dataset: {{id: simulated-cells-{name}, title: SIMULATED {name} microglia, taxon: "{taxon}", licence: CC0-1.0,
          redistribute: true, citation: made by a generator, simulated: true}}
material: {{kind: cell type, tissue: "UBERON:0000956"}}
cells:
  file: {name}.h5ad
  grn: {{tfs: factors-{name}.txt, auc_threshold: 0.2}}
{models}contrasts:
  - {{id: case, label: SIMULATED {name} case against control, {of}, case: {{arm: case}}, control: {{arm: control}}}}
"""
MODEL = 'models: [{id: "orthokg:model/simulated-cells", label: simulated cells, disease: "MONDO:0004975"}]\n'


def write(folder: Path, w: World, seed: int = 0, **options: float) -> None:
    """Files of both species, with their manifests, the factors and the truth."""
    folder.mkdir(parents=True, exist_ok=True)
    sides = (
        ("mouse", MOUSE, 'kind: model, model: "orthokg:model/simulated-cells"', MODEL),
        ("human", HUMAN, 'kind: disease, disease: "MONDO:0004975", pooled: true', ""),
    )
    for name, taxon, of, models in sides:
        study(w, taxon, 2 * seed + (taxon == HUMAN) + 100, **options).write_h5ad(folder / f"{name}.h5ad")  # type: ignore[arg-type]
        (folder / f"{name}.yaml").write_text(MANIFEST.format(name=name, taxon=taxon, of=of, models=models))
        (folder / f"factors-{name}.txt").write_text("\n".join(w.genes[taxon][: len(w.targets)]) + "\n")
    w.truth.to_csv(folder / "truth.csv", index=False)


def real_pairs(genes: int = GENES, tfs: int = TFS) -> list[tuple[str, str]]:
    """One-to-one orthologs of the cache, factors of CollecTRI first."""
    from ingest.fetch.cache import Cache
    from ingest.fetch.genes_index import GeneIndex
    from ingest.source import networks, orthologs
    from kg.match.orthology import MAIN, pairs
    from kg.match.space import between_species

    cache = Cache.open()
    human, mouse = GeneIndex.load(cache, HUMAN), GeneIndex.load(cache, MOUSE)
    table = orthologs.transform(MAIN, orthologs.get(cache, (MAIN,))[MAIN], human, mouse).arrays["table"]
    batch = networks.transform("collectri", networks.get(cache, "collectri"), human)
    known = {row["object"].removeprefix("ENSEMBL:") for row in batch.edges["HAS_TF", "Regulon", "Gene"]}
    one = between_species(pairs({MAIN: table}, "one2one"))
    every = sorted(zip(map(str, one.human), map(str, one.model), strict=True))
    factors = [p for p in every if p[0] in known][:tfs]
    others = [p for p in every if p[0] not in known][: genes - tfs]
    return factors + others


if __name__ == "__main__":
    write(Path(sys.argv[1]), world(real_pairs()))
