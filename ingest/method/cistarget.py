"""From adjacencies to regulons in pyscenic's manner: co-expression modules, then only targets with the factor's motif.

    modules = co_expression(adjacencies, expression, genes)
    regulons = prune(modules, databases=["mm10.genes_vs_motifs.rankings.feather"], motifs="motifs.tbl")

The steps are pyscenic's own (``modules_from_adjacencies``, ``modules2df`` which its prune2df runs, ``df2regulons``;
Aibar 2017, doi 10.1038/nmeth.4463); databases and modules are spread over processes here, because a worker of prune2df
that fails leaves its parent waiting forever. Ranking databases are large and come from others: the user names them.
Without one, regulons stay unpruned, and say so.
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ingest.method.engine import Matrix, dense
from ingest.method.grn import Adjacencies
from ingest.method.pyscenic_compat import needs_models, scenic
from ingest.method.regulons import Regulon, RegulonSet
from kg.errors import ContractError, Issue
from kg.files.regular import need_file, reading
from kg.match.card import Card

CARD = Card(
    "cistarget",
    "pyscenic 0.12.1",
    "co-expression modules cut to targets that rank high for a motif of their factor",
    (
        "a motif database of another species or genome build prunes nothing or everything",
        "factors without a known motif are lost",
        "a motif upstream is not binding in this cell type",
    ),
    "10.1038/nmeth.4463",
)
LEAST_SHARED = 0.5
_MODULES_AT_ONCE = 100


def co_expression(
    adjacencies: Adjacencies, expression: ArrayLike | Matrix, genes: Sequence[str], *, min_genes: int = 20
) -> RegulonSet:
    """Modules of co-expression, several per factor (best targets, best regulators, cuts of importance), by sign.

    Signs are the engine's; where it has none, those of the correlation over cells (``expression``: cells x genes).
    Modules of fewer than ``min_genes`` genes, the factor among them, are left out.

    Raises:
        MethodError: NEEDS_MODELS.
    """
    table = pd.DataFrame({"TF": adjacencies.tf, "target": adjacencies.target, "importance": adjacencies.importance})
    if adjacencies.sign is not None:
        table["regulation"] = table["rho"] = adjacencies.sign.astype(int)
    cells = pd.DataFrame(dense(expression), columns=np.asarray(genes, dtype=str))
    made = scenic("pyscenic.utils").modules_from_adjacencies(
        table, cells, min_genes=min_genes, keep_only_activating=False
    )
    return RegulonSet(tuple(_own(module, False, None) for module in made), adjacencies.engine, pruned=False)


def prune(
    modules: RegulonSet,
    *,
    databases: Sequence[str | Path],
    motifs: str | Path,
    adjacencies: Adjacencies | None = None,
    nes: float = 3.0,
    rank_threshold: int = 1500,
    auc_threshold: float = 0.05,
    jobs: int = -1,
) -> RegulonSet:
    """Regulons whose targets have a motif of their factor among the best ranked; support comes from ``adjacencies``.

    ``databases``: cisTarget rankings, feather (genes or regions x motifs); ``motifs``: the table motif to factor;
    ``nes``: least normalised enrichment of a motif; ``rank_threshold``: genes of a ranking looked at, all but one of a
    shorter ranking.

    Raises:
        MethodError: NEEDS_MODELS.
        ContractError: BAD_RANKINGS, WRONG_SPECIES, BAD_MOTIFS.
    """
    try:
        from joblib import Parallel, delayed
    except ModuleNotFoundError as error:
        raise needs_models(error) from error
    _check_motifs(Path(motifs), modules)
    for database in databases:
        _check_rankings(Path(database), modules)
    theirs = [_theirs(module) for module in modules]
    chunks = [theirs[at : at + _MODULES_AT_ONCE] for at in range(0, len(theirs), _MODULES_AT_ONCE)]
    options = {"nes_threshold": nes, "rank_threshold": rank_threshold, "auc_threshold": auc_threshold}
    found = Parallel(n_jobs=jobs)(
        delayed(_enriched)(str(database), chunk, str(motifs), options) for database in databases for chunk in chunks
    )
    tables = [part for part in found if part is not None and len(part)]
    if not tables:
        return RegulonSet((), modules.engine, pruned=True)
    support = (
        {}
        if adjacencies is None or adjacencies.support is None
        else dict(
            zip(
                zip(adjacencies.tf.tolist(), adjacencies.target.tolist(), strict=True),
                adjacencies.support.tolist(),
                strict=True,
            )
        )
    )
    with redirect_stdout(sys.stderr):  # it prints what it does
        made = scenic("pyscenic.transform").df2regulons(pd.concat(tables))
    return RegulonSet(tuple(_own(regulon, True, support or None) for regulon in made), modules.engine, pruned=True)


def _enriched(database: str, modules: list[tuple], motifs: str, options: dict[str, float]) -> pd.DataFrame:
    """Enriched motifs of modules in one database; runs in a process of its own."""
    rankings, transform = scenic("ctxcore.rnkdb"), scenic("pyscenic.transform")
    opened = rankings.MemoryDecorator(rankings.opendb(database, Path(database).name.split(".")[0]))
    options = options | {"rank_threshold": min(int(options["rank_threshold"]), len(opened.genes) - 1)}
    annotations = scenic("pyscenic.utils").load_motif_annotations(motifs)
    signature = scenic("ctxcore.genesig").Regulon
    made = [
        signature(name=name, gene2weight=weights, gene2occurrence=[], transcription_factor=tf, context=context)
        for name, tf, weights, context in modules
    ]
    features = partial(transform.module2features_auc1st_impl, filter_for_annotation=True, **options)
    return transform.modules2df(opened, made, annotations, module2features_func=features)


def _theirs(module: Regulon) -> tuple[str, str, dict[str, float], frozenset[str]]:
    sign = {1: "activating", -1: "repressing"}.get(module.sign)
    words = frozenset([*module.context, sign] if sign else module.context)
    return module.name, module.tf, dict(zip(module.targets, module.weights, strict=True)), words


def _own(theirs: Any, pruned: bool, support: Mapping[tuple[str, str], float] | None) -> Regulon:
    tf, sign = (
        theirs.transcription_factor,
        -1 if "repressing" in theirs.context else 1 if "activating" in theirs.context else 0,
    )
    pairs = sorted(theirs.gene2weight.items(), key=lambda item: (-item[1], item[0]))
    found = None if support is None else tuple(support.get((tf, target), 0.0) for target, _ in pairs)
    words = tuple(sorted(w for w in theirs.context if w not in ("activating", "repressing")))
    return Regulon(tf, tuple(t for t, _ in pairs), tuple(float(w) for _, w in pairs), sign, pruned, found, words)


def read_ranked_genes(path: Path) -> set[str]:
    """The genes of a ranking database. Raises ContractError BAD_RANKINGS, NOT_A_FILE or MISSING_FILE."""
    fix = "download it again, and check its name and checksum"
    with reading(need_file(path), "a cisTarget ranking database (feather)", fix, "BAD_RANKINGS"):
        found = set(scenic("ctxcore.rnkdb").opendb(str(path), path.name).genes)
    if not found:
        raise _refused("BAD_RANKINGS", path, "a ranking database ranks genes", "none", fix)
    return found


def read_motif_factors(path: Path) -> set[str]:
    """The factors of a table of motifs. Raises ContractError BAD_MOTIFS, NOT_A_FILE or MISSING_FILE."""
    fix = "give the motif table (.tbl) of the databases' species and version"
    with reading(need_file(path), "a table of motifs and their factors", fix, "BAD_MOTIFS"):
        factors = {str(tf) for tf, _ in scenic("pyscenic.utils").load_motif_annotations(str(path)).index}
    if not factors:
        raise _refused("BAD_MOTIFS", path, "the table says which factors bind its motifs", "no row that does", fix)
    return factors


def _check_rankings(path: Path, modules: RegulonSet) -> None:
    """Raises ContractError: a file that is no ranking database, or one of other genes than the network's."""
    genes = read_ranked_genes(path)
    asked = {target for module in modules for target in module.targets}
    shared = len(asked & genes)
    if shared < LEAST_SHARED * len(asked):
        found = (
            f"{shared} of {len(asked)} genes of the network; it ranks {', '.join(sorted(genes)[:3])}, the network has"
            f" {', '.join(sorted(asked)[:3])}"
        )
        fix = "give the database of the network's species, and name its genes in the same way (cisTarget's are symbols)"
        raise _refused("WRONG_SPECIES", path, "the database ranks the network's genes", found, fix)


def _check_motifs(path: Path, modules: RegulonSet) -> None:
    """Raises ContractError: a table that is no motif annotation, or one that names none of the factors."""
    annotated, factors = read_motif_factors(path), {module.tf for module in modules}
    if modules.regulons and not annotated & factors:
        found = f"motifs of {', '.join(sorted(annotated)[:3])}; the network has {', '.join(sorted(factors)[:3])}"
        fix = "give the motif table (.tbl) of the databases' species and version"
        raise _refused("WRONG_SPECIES", path, "the table knows motifs of the network's factors", found, fix)


def _refused(code: str, path: Path, rule: str, found: str, fix: str) -> ContractError:
    return ContractError([Issue(path.name, f"{code}: {rule}", found, fix)], code=code)
