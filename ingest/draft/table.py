"""A first manifest for a table: what can be seen in the file is written down, what cannot is marked ``FILL:``.

A draft never passes a check: every ``FILL:`` is an issue that says what to write there.
"""

import json
import os
import re
from pathlib import Path

from ingest.draft.sniff import Sniffed, sniff
from ingest.manifest.manifest import FILL

_ASKED = {
    "effect": "column of the effect (log2 fold change, case minus control)",
    "p": "column of p",
    "fdr": "column of the FDR",
    "se": "column of the standard error",
    "z": "column of the statistic",
}


def draft(path: Path, folder: Path | None = None) -> str:
    """The text of a manifest for a table of differential expression, or a matrix of counts. ``folder``: where the
    manifest will lie; None: beside the table."""
    seen = sniff(path)
    slug = re.sub(r"[^a-z0-9]+", "-", path.name.split(".")[0].lower()).strip("-") or "my-study"
    lines = [
        "schema: 1",
        "dataset:",
        f"  id: {slug}",
        f"  title: {_fill('one line that says what was compared, where and how')}",
        f"  taxon: {_quote(seen.taxon) if seen.taxon else _fill('NCBITaxon:9606 (human) or NCBITaxon:10090 (mouse)')}",
        f"  licence: {_fill('as the authors state it, or: none stated')}",
        f"  redistribute: {_fill('true or false: does the licence let others pass it on?')}",
        f"  citation: {_fill('how to cite it')}",
        "material:",
        "  kind: bulk  # bulk, cell type, microdissected or culture",
        f"  tissue: {_fill('UBERON id of the organ, such as UBERON:0000956 (cerebral cortex)')}",
        *(_counts(seen, from_folder(path, folder)) if seen.samples else _table(seen, from_folder(path, folder))),
        "contrasts:",
        "  - id: case-control",
        f"    label: {_fill('readable name of the contrast')}",
        (
            "    kind:"
            f" {_fill('disease, model, drug or ageing; then add disease: MONDO:…, model: orthokg:model/… or drug: …')}"
        ),
        *(_arms() if seen.samples else ()),
        *pooled(),
    ]
    return "\n".join(lines) + "\n"


def from_folder(path: Path, folder: Path | None) -> str:
    """The path of a file as a manifest in ``folder`` names it."""
    return path.name if folder is None else Path(os.path.relpath(path, folder)).as_posix()


def _text(seen: Sniffed) -> list[str]:
    asked = 'decimal mark: "." or ","; the numbers do not tell (or `thousands:`, where the mark is one of thousands)'
    return [
        *([] if seen.sep == "," else [f"  sep: {_quote(seen.sep)}"]),
        *([] if seen.encoding == "utf-8" else [f"  encoding: {seen.encoding}"]),
        *([] if not seen.decimal else [f"  decimal: {_fill(asked) if seen.decimal == '?' else _quote(seen.decimal)}"]),
    ]


def _table(seen: Sniffed, file: str) -> list[str]:
    columns = {field: _quote(column) for field, column in seen.columns.items()}
    columns |= {field: _fill(f"{_ASKED[field]}; one of {_list(names)}") for field, names in seen.rivals.items()}
    if "effect" not in columns:
        columns["effect"] = _fill(_ASKED["effect"])
    return [
        "table:",
        f"  file: {_quote(file)}",
        *_text(seen),
        *(f"  # {doubt}" for doubt in seen.doubts),
        "  columns:",
        *(f"    {k}: {v}" for k, v in columns.items()),
        f"  gene_id: {seen.gene_id or _fill('ensembl, symbol or entrez')}",
        *([f"  gene_split: {{sep: {_quote(seen.split[0])}, take: {seen.split[1]}}}"] if seen.split else []),
        f"  sign: {_fill('1 if a positive effect is up in the case, -1 if the table is control minus case')}",
        f"  level: {_fill('what its p-values count: donor, pool, well, culture, lane or cell')}",
        *_where(seen),
        *_cut(seen),
    ]


def _counts(seen: Sniffed, file: str) -> list[str]:
    sheet = f"a table with one row per sample that tells the arms; its samples are {_list(seen.samples)}"
    scale = "corrected (counts with fractions, after ambient RNA) or log2; TPM and FPKM are neither"
    return [
        "counts:",
        f"  matrix: {_quote(file)}",
        f"  samples: {_fill(sheet)}",
        *_text(seen),
        f"  gene_column: {_quote(seen.columns['gene'])}",
        *([f"  ignore_columns: [{', '.join(map(_quote, seen.others))}]"] if seen.others else []),
        f"  gene_id: {seen.gene_id if seen.gene_id in ('ensembl', 'symbol') else _fill('ensembl or symbol')}",
        f"  scale: {seen.scale or _fill(scale)}",
        f"  sample_column: {_fill('column of the sheet that names the samples as the matrix does')}",
    ]


def _arms() -> list[str]:
    return [
        f"    {arm}: {{column: {_fill(f'value of the {arm} arm, and its column of the sheet in place of `column`')}}}"
        for arm in ("case", "control")
    ]


def _where(seen: Sniffed) -> list[str]:
    if seen.group is None:
        return []
    column, values = seen.group
    return [f"  where: {{{_quote(column)}: {_fill(f'the group of this contrast; there are {_list(values)}')}}}"]


def pooled() -> list[str]:
    """What asks whether a cohort may change what is said of its state."""
    return [
        "    # true: pooled with the cohorts of its human state, whose verdicts it may change; --check says with which",
        (
            "    # false: stands apart, with a row and a score of its own, and changes nothing else; so does every"
            " model and drug"
        ),
        f"    pooled: {_fill('true or false')}",
    ]


def _cut(seen: Sniffed) -> list[str]:
    if not seen.cut:
        return []
    return [
        f"  cut: {{by: {_fill('the table seems to hold significant genes only; by which rule?')}, universe: unknown}}"
    ]


def _list(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names[:30]) + (" ..." if len(names) > 30 else "")


def _fill(what: str) -> str:
    return _quote(f"{FILL} {what}")


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
