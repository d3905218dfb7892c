"""Cells of a population -> its regulatory network, and how its factors change: activity and rewiring.

One network per population, from all its donors, by consensus over them; regulons are made from it. Activity is AUCell
of each cell, averaged within donors; rewiring is told by two numbers (``ingest.method.rewiring``). What has a value for
each donor goes through the contrast that genes go through, and so has a vector and a noise factor over factors instead
of genes: the signature store keeps it as a part of the contrast, ``<contrast>#activity`` and ``<contrast>#rewiring``.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse, stats

from ingest.batch import Batch
from ingest.manifest.blocks import ContrastSpec
from ingest.manifest.cell_blocks import Grn
from ingest.manifest.manifest import Manifest
from ingest.method import grn
from ingest.method.aucell import aucell
from ingest.method.cistarget import co_expression, prune
from ingest.method.engine import Matrix
from ingest.method.normalise import normalise
from ingest.method.regulons import RegulonSet, from_adjacencies
from ingest.method.rewiring import Cells, Rewiring, coupling, matched_cells, rewiring
from ingest.study import fits
from ingest.study.cells import Population, Study
from ingest.study.counts import Expression
from ingest.study.factors import Factors
from kg.curie import local, short
from kg.errors import ContractError, MethodError
from kg.match.compared import part_of
from kg.match.contrast import ContrastResult
from kg.signatures.store import Floats, Signature, Strings

FDR = 0.05
_MARK = {1: "(+)", -1: "(-)", 0: ""}


@dataclass(frozen=True)
class Network:
    """Of one population. ``factors``: sorted Ensembl ids of those with a regulon; ``activity`` and ``coupling``: values
    of each donor and factor; ``cells``: what the network was made of."""

    population: Population
    regulons: RegulonSet
    cells: Cells
    sheet: pd.DataFrame
    activity: Expression
    coupling: Expression


@dataclass(frozen=True)
class Motifs:
    """What prunes regulons: cisTarget rankings and the table of their motifs; the genes there have symbols."""

    rankings: tuple[Path, ...]
    table: Path


def network(study: Study, p: Population, spec: Grn, factors: Factors, motifs: Motifs | None = None) -> Network:
    """Raises MethodError where donors, cells or factors are too few, and ContractError for files of motifs that do not
    fit."""
    assert p.expression is not None
    here = np.flatnonzero((study.types == p.label.name) & np.isin(study.donors, p.expression.sheet.index.to_numpy(str)))
    rows, donors = matched_cells(study.donors[here], spec.min_cells, spec.max_cells, spec.seed)
    if len(donors) < 2:
        raise MethodError(
            f"{len(donors)} donors have {spec.min_cells} cells or more: a network needs two", code="FEW_DONORS"
        )
    genes, at = p.expression.genes, here[rows]
    counts, total = _counts(study, np.sort(at), genes)
    values = normalise(counts, total, spec.normalisation)
    of = study.donors[np.sort(at)]
    found = grn.consensus(
        values,
        genes.tolist(),
        factors.ids.tolist(),
        engine=spec.engine,
        covariates=np.log(total),
        donors=of.tolist(),
        bootstraps=spec.bootstraps,
        seed=spec.seed,
    )
    regulons = (
        _pruned(found, values, genes, factors, motifs)
        if motifs
        else from_adjacencies(
            found,
            top_targets=spec.top_targets,
            min_support=spec.min_support,
            min_targets=spec.min_targets,
            context=(f"normalisation: {spec.normalisation}",),
        )
    )
    if not len(regulons):
        raise MethodError(
            f"no factor has {spec.min_targets} targets of support {spec.min_support:g} or more", code="NO_REGULONS"
        )
    columns = np.flatnonzero(np.isin(genes, factors.ids))
    design = np.column_stack([np.ones(len(of)), np.log(total)])
    cells = Cells(values, columns, np.unique(of, return_inverse=True)[1], design)
    sheet = p.expression.sheet.loc[donors.tolist()]
    active = [r for r in regulons if r.sign >= 0]
    area = aucell(values, genes.tolist(), active, auc_threshold=spec.auc_threshold)
    activity = _by_donor(area, cells.donor)
    ids = np.array([r.tf for r in active], dtype=str)
    signs, bound = _signs(regulons, genes, columns)
    hold = coupling(cells, signs)[:, bound]
    return Network(
        p,
        regulons,
        cells,
        sheet,
        _donor_values(ids, activity, sheet),
        _donor_values(genes[columns][bound], hold, sheet),
    )


def _pruned(found: grn.Adjacencies, values: Matrix, genes: Strings, factors: Factors, motifs: Motifs) -> RegulonSet:
    """Regulons by pyscenic's modules and pruning, which know symbols; a symbol of several genes stands for the
    first."""
    gene_of: dict[str, str] = {}
    for gene in genes.tolist():
        gene_of.setdefault(factors.symbol(gene), gene)
    known = {gene: symbol for symbol, gene in gene_of.items()}
    edges = zip(found.tf.tolist(), found.target.tolist(), strict=True)
    mine = found.at(np.array([tf in known and target in known for tf, target in edges], dtype=bool))
    tf, target = (np.array([known[gene] for gene in column.tolist()], dtype=str) for column in (mine.tf, mine.target))
    named = replace(mine, tf=tf, target=target)
    kept = np.array([gene in known for gene in genes.tolist()], dtype=bool)
    modules = co_expression(named, values[:, kept], [known[gene] for gene in genes[kept].tolist()])
    made = prune(modules, databases=motifs.rankings, motifs=motifs.table, adjacencies=named)
    back = (replace(r, tf=gene_of[r.tf], targets=tuple(gene_of[t] for t in r.targets)) for r in made)
    return RegulonSet(tuple(back), made.engine, pruned=True)


def _counts(study: Study, rows: np.ndarray, genes: Strings) -> tuple[sparse.csr_matrix, Floats]:
    """Counts of some cells, cells x genes, and the total of each whole cell, at least 1."""
    kept = np.flatnonzero(np.isin(study.genes, genes))
    to = np.searchsorted(genes, study.genes[kept])
    sums = sparse.csr_matrix((np.ones(len(kept)), (kept, to)), shape=(len(study.genes), len(genes)))
    parts, totals = [], []
    for start, block in study.cells.chunks():
        chosen = rows[(rows >= start) & (rows < start + len(block.indptr) - 1)] - start
        if len(chosen):
            part = block[chosen]
            parts.append(sparse.csr_matrix(part @ sums))
            totals.append(np.asarray(part.sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.vstack(parts)), np.maximum(np.concatenate(totals), 1.0)


def _by_donor(values: Floats, donor: np.ndarray) -> Floats:
    """Mean of each donor's cells."""
    made = np.zeros((int(donor.max()) + 1, values.shape[1]))
    np.add.at(made, donor, values)
    return made / np.bincount(donor)[:, None]


def _donor_values(factors: Strings, values: Floats, sheet: pd.DataFrame) -> Expression:
    order = np.argsort(factors)
    varies = values.std(axis=0)[order] > 0
    order = order[varies]
    no_counts = np.empty((len(values), 0))
    return Expression(factors[order], values[:, order], no_counts, sheet, (), len(factors))


def _signs(regulons: RegulonSet, genes: Strings, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factors x genes with the sign of each edge, and the factors that have any."""
    signs = np.zeros((len(columns), len(genes)), np.int8)
    row = {str(genes[c]): at for at, c in enumerate(columns)}
    for regulon in regulons:
        signs[row[regulon.tf], np.searchsorted(genes, np.array(regulon.targets))] = regulon.sign or 1
    return signs, np.flatnonzero(signs.any(axis=1))


def change(m: Manifest, c: ContrastSpec, made: Network, level: str) -> tuple[Signature, ContrastResult]:
    """A contrast over factors. Raises ContractError or MethodError where its donors are too few."""
    assert m.cells is not None
    values = made.activity if level == "activity" else made.coupling
    chosen = fits.arms(values.sheet, c, m.dataset.id, may_be_empty=True)
    n = chosen.n
    if min(n) < m.cells.min_donors:
        raise MethodError(
            f"{n[0]} case and {n[1]} control donors have {made.cells.each} cells or more of it; "
            f"{m.cells.min_donors} per arm are needed",
            code="FEW_DONORS",
        )
    fitted = fits.fit(values, c, m.cells.batch, m.dataset.id)
    fit, chosen = fitted.result, fitted.arms
    donors = tuple(fits.donor_id(m, str(x)) for x in values.sheet.index[chosen.both | chosen.other])
    key = part_of(m.contrast_id(c), level)
    signature = Signature(
        key, m.dataset.taxon, values.genes, fit.vector, fit.effect, fit.p, "donors", fit.factor, fit.df, donors
    )
    return signature, fit


def regulatory_rows(
    m: Manifest,
    study: Study,
    p: Population,
    contrasts: list[ContrastSpec],
    factors: Factors,
    batch: Batch,
    motifs: Motifs | None = None,
) -> None:
    """Network and changes of one population into the batch; what is missing is reported there. ``contrasts``: those
    within the population that can be tested."""
    assert m.cells is not None
    assert m.cells.grn is not None
    try:
        if p.expression is None:
            raise MethodError(p.reason, code="FEW_CELLS")
        made = network(study, p, m.cells.grn, factors, motifs)
    except MethodError as error:
        _status(p, batch, "UNTESTABLE", str(error))
        batch.missing.append(f"{m.dataset.id}: no network of {p.label.name}: {error}")
        return
    _status(p, batch, "inferred", "")
    ids = _regulon_rows(m, made, factors, batch)
    for c in contrasts:
        for level in ("activity", "rewiring"):
            try:
                signature, fit = change(m, c, made, level)
            except (ContractError, MethodError) as error:
                batch.missing.append(f"{m.dataset.id}: no {level} in {c.label}: {error}")
                continue
            batch.arrays[signature.id] = signature
            if level == "activity":
                _changed(m, c, level, ids, signature.genes, fit.effect, fit.vector, fit.p, batch)
        _distances(m, c, made, ids, batch)


def _status(p: Population, batch: Batch, status: str, reason: str) -> None:
    row = next(row for row in batch.nodes["CellPopulation"] if row["id"] == p.id)
    row |= {"network_status": status, "network_reason": reason}


def _distances(m: Manifest, c: ContrastSpec, made: Network, ids: dict[str, str], batch: Batch) -> None:
    assert m.cells is not None
    assert m.cells.grn is not None
    chosen = fits.arms(made.sheet, c, m.dataset.id, may_be_empty=True)
    both = np.flatnonzero(chosen.both)
    within = np.isin(made.cells.donor, both)
    place = np.full(len(made.sheet), -1)
    place[both] = np.arange(len(both))
    part = Cells(
        made.cells.expression[within], made.cells.factors, place[made.cells.donor[within]], made.cells.design[within]
    )
    try:
        found: Rewiring = rewiring(part, chosen.case[both], seed=m.cells.grn.seed)
    except MethodError as error:
        batch.missing.append(f"{m.dataset.id}: no rewiring of targets in {c.label}: {error}")
        return
    assert made.population.expression is not None
    genes = made.population.expression.genes[made.cells.factors]
    batch.arrays[f"rewiring/{m.contrast_id(c)}"] = {
        "gene": genes,
        "weighted": found.weighted,
        "jaccard": found.jaccard,
        "expected": found.expected,
        "z": found.z,
        "p": found.p,
        "p_jaccard": found.p_jaccard,
        "q": found.q,
    }
    _changed(m, c, "rewiring", ids, genes, found.weighted - found.expected, found.z, found.p, batch)


def _changed(
    m: Manifest,
    c: ContrastSpec,
    kind: str,
    ids: dict[str, str],
    genes: Strings,
    effect: Floats,
    z: Floats,
    p: Floats,
    batch: Batch,
) -> None:
    """Edges for factors that pass FDR .05; all of them are in the store."""
    fdr = stats.false_discovery_control(np.nan_to_num(p, nan=1.0))
    for at in np.flatnonzero(fdr <= FDR):
        if str(genes[at]) in ids:
            batch.edges["CHANGES_REGULON", "Contrast", "Regulon"].append(
                {
                    "subject": m.contrast_id(c),
                    "object": ids[str(genes[at])],
                    "kind": kind,
                    "effect": float(effect[at]),
                    "z": float(z[at]),
                    "p": float(p[at]),
                    "fdr": float(fdr[at]),
                }
            )


def _regulon_rows(m: Manifest, made: Network, factors: Factors, batch: Batch) -> dict[str, str]:
    """Regulons and their edges; returns factor -> id of its regulon (of the activated targets where there are two)."""
    ids: dict[str, str] = {}
    taken: dict[str, str] = {}
    p, of = made.population, f"{m.dataset.id}/{short(made.population.label.name)}"
    for regulon in made.regulons:
        name, sign = factors.symbol(regulon.tf), {1: "activates", -1: "represses", 0: ""}[regulon.sign]
        parts = (m.dataset.id, p.label.name, name.lower(), *([sign] if sign else []))
        key = local("regulon", *parts)
        if taken.setdefault(key, regulon.tf) != regulon.tf:  # another gene of the same symbol
            key = local("regulon", *parts, regulon.tf)
        ids.setdefault(regulon.tf, key)
        support = regulon.support or (-1.0,) * len(regulon.targets)
        batch.nodes["Regulon"].append({
            "id": key, "label": f"{name}{_MARK[regulon.sign]} ({of})", "tf": name, "network": of,
            "engine": made.regulons.engine, "in_taxon": m.dataset.taxon, "n_targets": len(regulon.targets),
            "derived_by_orthology": False, "pruned": regulon.pruned, "support": float(np.mean(support)),
            "context": list(regulon.context),
        })  # fmt: skip
        batch.edges["HAS_TF", "Regulon", "Gene"].append({"subject": key, "object": f"ENSEMBL:{regulon.tf}"})
        batch.edges["INFERRED_IN", "Regulon", "CellPopulation"].append({"subject": key, "object": p.id})
        batch.edges["REGULATES", "Regulon", "Gene"] += [
            {
                "subject": key,
                "object": f"ENSEMBL:{target}",
                "weight": float(weight),
                "sign": regulon.sign,
                "found_in": float(share),
            }
            for target, weight, share in zip(regulon.targets, regulon.weights, support, strict=True)
        ]
    return ids
