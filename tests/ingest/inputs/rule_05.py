"""Rule 5: an id is injective: names that differ in any sign are nodes of their own, and what is one is said to be
one."""

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

from kg.curie import short
from tests.ingest.inputs.case import GENES, Case, Read, Refused, disease, facts, write_manifest
from tests.ingest.inputs.tables import (
    ARMS,
    COLUMNS,
    EFFECT,
    HEAD,
    SAMPLES,
    SHEET,
    Build,
    count_effects,
    count_rows,
    count_values,
    counts,
    deseq,
    lines,
)

RULE = 5
COUNTED = {"a": count_effects()}


def samples(*names: str) -> Build:
    """Six samples by these names."""
    rows = [line.split(",")[1:] for line in SHEET.splitlines()[1:]]
    sheet = lines(["sample", "arm"], [[name, *row] for name, row in zip(names, rows, strict=True)], "\t")
    return counts(lines(["gene", *names], count_rows(), "\t"), sheet)


def donors(*names: str) -> Build:
    """Donors of the six samples, in a column of their own."""
    rows = [line.split(",") for line in SHEET.splitlines()[1:]]
    sheet = lines(["sample", "arm", "donor"], [[*row, name] for row, name in zip(rows, names, strict=True)], "\t")
    return counts(lines(["gene", *SAMPLES], count_rows()), sheet, replicate_column="donor")


def contrasts(*changes: Mapping[str, Any], **material: Any) -> Build:
    """Contrasts of one table, which differ in these fields; the effects of the second are turned."""

    def build(folder: Path) -> Path:
        (folder / "t.csv").write_text(lines(["gene", *HEAD], deseq()))
        made = facts(folder) | {"table": {"file": "t.csv", "gene_id": "symbol", "columns": COLUMNS}}
        made["material"] = material or made["material"]
        own = [disease(name, **change) for name, change in zip("abcdefgh", changes, strict=False)]
        made["contrasts"] = [{k: v for k, v in c.items() if k != "disease" or c["kind"] == "disease"} for c in own]
        return write_manifest(folder, made)

    return build


def drug(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "drug", "drug": name} | more


def both(n: int, **nodes: int) -> Read:
    return Read(dict.fromkeys("abcdefgh"[:n], EFFECT), n=nodes)


def cells_of(types: tuple[str, ...]) -> tuple[anndata.AnnData, dict[str, dict[str, float]]]:
    """Six donors, four cells of each type; and the fold changes, type by type, of their sums."""
    rng = np.random.default_rng(7)
    blocks, obs, truth = [], [], {}
    for kind in types:
        level = rng.uniform(20, 200, (1, len(GENES))) * rng.uniform(0.5, 2, (6, len(GENES)))
        drawn = rng.poisson(np.repeat(level, 4, axis=0))
        sums = drawn.reshape(6, 4, -1).sum(axis=1)
        log = np.log2(sums / sums.sum(axis=1, keepdims=True) * 1e6 + 1)
        truth[kind] = dict(zip(GENES, (log[:3].mean(axis=0) - log[3:].mean(axis=0)).tolist(), strict=True))
        blocks.append(drawn)
        obs += [{"donor": f"d{d}", "arm": ARMS[d], "kind": kind} for d in range(6) for _ in range(4)]
    frame = pd.DataFrame(obs, index=[f"c{n}" for n in range(len(obs))])
    made = anndata.AnnData(
        sparse.csr_matrix(np.concatenate(blocks).astype(np.float32)), frame, pd.DataFrame(index=list(GENES))
    )
    return made, truth


def populations(*types: str) -> Build:
    def build(folder: Path) -> Path:
        made, _ = cells_of(types)
        made.write_h5ad(folder / "cells.h5ad")
        told = {
            "file": "cells.h5ad",
            "gene_id": "symbol",
            "donor": "donor",
            "cell_type": "kind",
            "min_cells": 1,
            "min_count": 1,
        }
        arms = {"case": {"arm": "AD"}, "control": {"arm": "no"}}
        whole = facts(folder) | {"cells": told, "contrasts": [disease(**arms)]}
        return write_manifest(folder, whole | {"material": {"kind": "cell type", "tissue": "UBERON:0000956"}})

    return build


def apart(*types: str) -> Read:
    """Each type a population with effects of its own."""
    truth = {f"a.{short(kind)}": effects for kind, effects in cells_of(types)[1].items()}
    assert len(truth) == len(types)
    return Read(
        truth,
        nodes={"CellPopulation": set(types)},
        n={"CellPopulation": len(types), "DiseaseState": len(types), "Donor": 6},
        float32=True,
    )


def four() -> dict[str, float]:
    """Of the samples summed by donor: the first two are of one, the last two as well."""
    v = count_values()
    made = np.column_stack([v[:, 0] + v[:, 1], v[:, 2], v[:, 3], v[:, 4] + v[:, 5]])
    log = np.log2(made / made.sum(axis=0) * 1e6 + 1)
    return dict(zip(GENES, (log[:, :2].mean(axis=1) - log[:, 2:].mean(axis=1)).tolist(), strict=True))


SIX = Read(COUNTED, n={"Donor": 6})
NAMES = {
    "signs": ("P-1", "P+1", "P 1", "P_1", "P1", "p1"),
    "marks": ("P.1", "P,1", "P/1", "P:1", "P;1", "P|1"),
    "zeros": ("1", "01", "001", "1.0", "1e0", "+1"),
    "letters of other alphabets": ("α", "β", "Α", "a", "A", "А"),
    "chinese": ("患者甲", "患者乙", "患者丙", "甲", "乙", "丙"),
    "dashes": ("d-1", "d–1", "d—1", "d−1", "d‐1", "d‑1"),
    "accents": ("José", "Jose", "Josè", "josé", "JOSÉ", "Josê"),
    "brackets": ("(1)", "[1]", "{1}", "<1>", "'1'", "1"),
    "percent and hash": ("%1", "#1", "@1", "&1", "*1", "1!"),
    "order": ("ab-c", "a-bc", "abc-", "-abc", "abc", "a-b-c"),
}
CASES = [
    *(Case(f"samples that differ in {what}", RULE, samples(*names), SIX) for what, names in NAMES.items()),
    *(Case(f"donors that differ in {what}", RULE, donors(*names), SIX) for what, names in NAMES.items()),
    Case(
        "spaces at the ends of donors",
        RULE,
        donors("d1", "d1 ", "d2", "d3", " d4\xa0", "d4"),
        Read({"a": four()}, n={"Donor": 4}),
    ),
    Case(
        "two forms of one letter",
        RULE,
        donors("é", unicodedata.normalize("NFD", "é"), "e", "a", "b", "c"),
        Refused("DUPLICATE_DONOR", ("forms of Unicode",)),
    ),
    Case(
        "a sample twice in the sheet",
        RULE,
        counts(lines(["gene", *SAMPLES], count_rows()), SHEET + "s5,no\n"),
        Refused("SAMPLE_MISMATCH", ("s5", "remove the double")),
    ),
    Case(
        "a sample twice in the matrix",
        RULE,
        counts(lines(["gene", *SAMPLES[:5], "s4"], count_rows())),
        Refused("SAMPLE_MISMATCH", ("s4 (column 6)",)),
    ),
    Case(
        "stages that differ in a sign",
        RULE,
        contrasts({"stage": "Braak III/IV"}, {"stage": "Braak III-IV"}, {"stage": "Braak III IV"}),
        both(3, DiseaseState=3),
    ),
    Case("stages in capitals", RULE, contrasts({"stage": "Early"}, {"stage": "early"}, {}), both(3, DiseaseState=3)),
    Case("stages alike", RULE, contrasts({"stage": "early"}, {"stage": "early"}), both(2, DiseaseState=1)),
    Case(
        "systems of two letters",
        RULE,
        contrasts(
            {"material": {"kind": "culture", "system": "iPSC α"}},
            {"material": {"kind": "culture", "system": "iPSC β"}},
            system="x",
        ),
        both(2, DiseaseState=2),
    ),
    Case("drugs of two rotations", RULE, contrasts(drug("(+)-JQ1"), drug("(-)-JQ1")), both(2, Drug=2, DrugCondition=2)),
    Case("a drug in two spellings", RULE, contrasts(drug("BX-912"), drug("bx 912")), both(2, Drug=1)),
    Case(
        "doses apart in the eighth digit",
        RULE,
        contrasts(drug("X1", dose=1.2345671, dose_unit="uM"), drug("X1", dose=1.2345672, dose_unit="uM")),
        both(2, Drug=1, DrugCondition=2),
    ),
    Case(
        "doses in two units",
        RULE,
        contrasts(drug("X1", dose=1.0, dose_unit="uM"), drug("X1", dose=1.0, dose_unit="nM")),
        both(2, Drug=1, DrugCondition=2),
    ),
    Case(
        "a dose and no dose",
        RULE,
        contrasts(drug("X1"), drug("X1", dose=1.0, dose_unit="uM"), drug("X1", time_hours=24.0)),
        both(3, Drug=1, DrugCondition=3),
    ),
    Case(
        "types with and without a marker",
        RULE,
        populations("TREM2+ X", "TREM2- X", "TREM2 X"),
        apart("TREM2+ X", "TREM2- X", "TREM2 X"),
    ),
    Case(
        "types of greek letters", RULE, populations("α zell", "β zell", "γδ zell"), apart("α zell", "β zell", "γδ zell")
    ),
    Case(
        "types of chinese letters", RULE, populations("小胶质细胞", "星形胶质细胞"), apart("小胶质细胞", "星形胶质细胞")
    ),
    Case("types that differ in case", RULE, populations("Zell a", "Zell A"), apart("Zell a", "Zell A")),
    Case("types of numbers", RULE, populations("1.1", "1.10", "11"), apart("1.1", "1.10", "11")),
    Case("types of marks", RULE, populations("Q/1", "Q|1", "Q.1"), apart("Q/1", "Q|1", "Q.1")),
    Case(
        "contrasts of one id",
        RULE,
        contrasts({"id": "x"}, {"id": "x"}),
        Refused("MANIFEST", ("contrast ids must differ", "x")),
    ),
    Case("an id with a sign", RULE, contrasts({"id": "trem2+"}), Refused("MANIFEST", ("contrasts.0.id", "trem2+"))),
]
