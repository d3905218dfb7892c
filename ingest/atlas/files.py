"""Writes a mapped study: an AnnData file, a table, and an HTML page."""

import csv
import json
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.atlas.mapped import Reading, populations, summary
from kg.files.whole import replace
from kg.tables.spreadsheet import quoted

COLUMNS = (
    "orthokg_outcome",
    "orthokg_label",
    "orthokg_cl",
    "orthokg_probability",
    "orthokg_set",
    "orthokg_outside_score",
    "orthokg_outside_p",
)


def columns(reading: Reading) -> pd.DataFrame:
    """One row per cell, in the order of the study's file; ``orthokg_outside_p`` is empty if fewer than five donors are
    available to calibrate it."""
    m = reading.mapped
    values = (m.outcome, m.label, reading.cl, m.probability, m.set_text(), m.outside_score, m.outside_p)
    index = reading.read.cells.obs.index.astype(str)
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)), index=index)


def write_h5ad(reading: Reading, path: Path) -> None:
    """Writes counts by Ensembl id, the study's obs with the added columns, ``obsm['X_orthokg']`` and ``uns['orthokg']``
    (JSON)."""
    import anndata

    read, made = reading.read, columns(reading)
    own = read.cells.obs.copy()
    own.index = made.index
    obs = pd.concat([own.drop(columns=[c for c in COLUMNS if c in own]), made], axis=1)
    for name in obs.columns:
        if obs[name].dtype != bool and not pd.api.types.is_numeric_dtype(obs[name]):
            obs[name] = pd.Categorical(obs[name].astype(object).where(obs[name].notna(), "").astype(str))
    data = anndata.AnnData(X=read.counts, obs=obs, var=pd.DataFrame(index=pd.Index(read.genes.astype(object))))
    data.obsm["X_orthokg"] = np.asarray(reading.mapped.coordinates, np.float32)
    data.uns["orthokg"] = json.dumps(facts(reading), ensure_ascii=False)
    made_at = path.with_name(f"{path.name}.new")
    try:
        data.write_h5ad(made_at, compression="gzip")
        made_at.rename(path)
    finally:
        made_at.unlink(missing_ok=True)


def facts(reading: Reading) -> dict[str, object]:
    """Atlas, version, engine, gates and policy."""
    v, verdict = reading.version, reading.mapped.verdict
    return {
        "atlas": v.atlas,
        "version": v.commit,
        "content": v.content_id,
        "engine": v.engine,
        "head": reading.head,
        "gates": {
            "controls": verdict.controls,
            "controls by": reading.read.by,
            "provisional": verdict.provisional,
            "weight of genes measured": verdict.use,
            "missing genes": list(verdict.missing),
            "corrected": verdict.corrected,
            "state removed": verdict.state,
            "cells needed for UNKNOWN": verdict.company,
            "unknown": list(verdict.unknown),
            "reasons": list(verdict.reasons),
        },
        "notes": list(reading.read.notes),
        "policy": reading.policy.model_dump(mode="json", by_alias=True),
        "populations": [asdict(p) for p in populations(reading)],
        "summary": list(summary(reading)),
    }


def write_table(reading: Reading, path: Path) -> None:
    """Writes one row per cell; missing numbers are empty fields."""
    made, text = columns(reading), StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(("cell", "donor", *COLUMNS))
    for name, donor, row in zip(made.index, reading.read.donors, made.itertuples(index=False), strict=True):
        writer.writerow([quoted(str(name)), quoted(str(donor)), *map(_cell, row)])
    replace(path, text.getvalue().encode())


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.6g}"
    return quoted(str(value))
