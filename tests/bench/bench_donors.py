"""Contrasts from donors on 29 real animals: one model of four strains against the authors' table of one, and the noise
factor against exact permutation of the labels.

    python -m tests.bench.bench_donors [--pydeseq2]      the engine takes minutes on two busy cores
"""

import argparse
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from ingest.fetch.cache import Cache
from ingest.method.pydeseq import independent_columns
from kg.match.contrast import contrast, linear_contrast
from kg.match.counts import expressed, expression
from tests.bench.record import save

FOLDER = "jax_microglia"


def animals() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Counts of the genes expressed (genes x animals), the sheet, and the authors' table of the same genes."""
    cache = Cache.open()
    counts = pd.read_csv(cache.get(f"{FOLDER}/pseudobulk_counts_H.csv.gz"), index_col=0)
    sheet = pd.read_csv(cache.get(f"{FOLDER}/pseudobulk_samples_H.csv"), index_col=0)
    table = pd.read_csv(cache.get(f"{FOLDER}/DE_B6_APPPS1_vs_WT_cluster_H.txt"), sep="\t").set_index("ENSMUSG")
    counts = counts[expressed(counts.to_numpy(float), "corrected")]
    return counts, sheet, table.loc[counts.index]


def design(sheet: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Strain x genotype and batch by hand, B6J and WT first: its column of the genotype is APP/PS1 on B6J."""
    case = (sheet.Genotype == "APP/PS1").to_numpy(float)
    strains = [(sheet.Strain == s).to_numpy(float) for s in ("CAST", "PWK", "WSB")]
    batches = [(sheet.batch == b).to_numpy(float) for b in ("B", "C", "D")]
    made = np.column_stack([np.ones(len(sheet)), *strains, case, *(s * case for s in strains), *batches])
    assert len(independent_columns(made)) == made.shape[1]
    return made, np.eye(made.shape[1])[4]


def against(name: str, effect: np.ndarray, p: np.ndarray, table: pd.DataFrame) -> dict:
    def top(values: np.ndarray) -> set[int]:
        return set(np.argsort(np.where(np.isnan(values), np.inf, values), kind="stable")[:50])

    theirs = table.PValue.to_numpy(), table.logFC.to_numpy()
    loud = (table.logCPM > 3).to_numpy()
    return {
        "engine": name,
        "genes": len(table),
        "rank r of effects": round(stats.spearmanr(effect, theirs[1])[0], 3),
        "above 8 cpm": round(stats.spearmanr(effect[loud], theirs[1][loud])[0], 3),
        "rank r of p": round(stats.spearmanr(p, theirs[0], nan_policy="omit")[0], 3),
        "top 50 by p, shared": len(top(p) & top(theirs[0])),
        "top 50 by size, shared": len(top(-np.abs(effect)) & top(-np.abs(theirs[1]))),
        "same sign among the authors' 50": int((np.sign(effect) == np.sign(theirs[1]))[list(top(theirs[0]))].sum()),
    }


def permuted(values: np.ndarray, case: np.ndarray, score: np.ndarray) -> dict:
    """The sd of <score, vector> over all ways to deal 4 of 8 labels, and what the factor of each deal says it is."""
    of_labels, of_factor = [], []
    for chosen in combinations(range(8), 4):
        label = np.isin(np.arange(8), chosen).astype(float)
        made = contrast(values, label)
        of_labels.append(made.vector @ score)
        of_factor.append(np.linalg.norm(made.factor @ score))
    own = contrast(values, case)
    draws = np.random.default_rng(0).normal(size=(4000, own.df)) @ (own.factor @ score)
    return {
        "sd over the 70 deals": round(float(np.std(of_labels)), 2),
        "root mean square of the factors": round(float(np.sqrt(np.mean(np.square(of_factor)))), 2),
        "sd of 4,000 draws from the true labels' factor": round(float(draws.std()), 2),
    }


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--pydeseq2", action="store_true")
    asked = options.parse_args()
    counts, sheet, table = animals()
    matrix, combination = design(sheet)
    values = expression(counts.to_numpy(float), "corrected")
    made = linear_contrast(values, matrix, combination)
    rows = [against("linear", made.effect, made.p, table)]
    b6 = (sheet.Strain == "B6J").to_numpy()
    case = (sheet.Genotype[b6] == "APP/PS1").to_numpy(float)
    four = contrast(values[b6], case)
    rows.append(against("linear, the 8 animals of B6 alone", four.effect, four.p, table))
    if asked.pydeseq2:
        from ingest.method.pydeseq import PyDESeq2

        found = PyDESeq2().test(counts.to_numpy(float).T, counts.index.to_numpy(str), matrix, combination)
        rows.append(against("pydeseq2", found.effect, found.p, table))
    nulls = []
    for strain in ("CAST", "WSB"):
        other = contrast(
            values[(sheet.Strain == strain).to_numpy()],
            (sheet.Genotype[sheet.Strain == strain] == "APP/PS1").to_numpy(float),
        )
        nulls.append({"score against": f"APP/PS1 on {strain}"} | permuted(values[b6], case, other.vector))
    for row in [*rows, *nulls]:
        print(row)
    flag = " --pydeseq2" if asked.pydeseq2 else ""
    save("donors", f"python -m tests.bench.bench_donors{flag}", {"authors": rows, "permutation": nulls}, seed=0)


if __name__ == "__main__":
    main()
