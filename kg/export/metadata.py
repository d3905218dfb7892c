"""Metadata beside every export: ``datapackage.json`` (Data Package 1, https://specs.frictionlessdata.io) and
``croissant.json`` (Croissant 1.0, https://docs.mlcommons.org/croissant).

Both name every file with its sha256 and size, the licences that occur, and the columns of each table, with the type and
the meaning that ``kg.schema`` declares. A table is what has a header: TSV, CSV and Parquet. What reads neither comments
nor other quotes than its own is given no record set (SSSOM in Croissant).
"""

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.export.terms import Licence
from kg.schema.edges import EDGES
from kg.schema.nodes import LASTING

HOME = "https://w3id.org/orthokg"
DATAPACKAGE, CROISSANT = "datapackage.json", "croissant.json"
_MEDIA = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".graphml": "application/xml",
    ".parquet": "application/x-parquet",
    ".sh": "application/x-sh",
    ".tsv": "text/tab-separated-values",
    ".yaml": "application/yaml",
    ".h5ad": "application/x-hdf5",
}
_CSV = {"long": "integer", "double": "float", "boolean": "boolean"}
_FIELD = {"integer": "integer", "float": "number", "boolean": "boolean"}
_SC = {"integer": "sc:Integer", "float": "sc:Float", "boolean": "sc:Boolean"}
_DOCS = {
    "license": "licence of the row",
    "licence": "licence of the row",
    "source": "who owns the row: key of LICENCES.tsv",
    "subject": "id of the node that the relationship begins at",
    "object": "id of the node that it leads to",
}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


@dataclass(frozen=True)
class Column:
    """``kind`` as in ``kg.schema``; "strings" and "floats" are lists in Parquet and joined text elsewhere."""

    name: str
    kind: str
    doc: str


def write(folder: Path, form: str, sums: dict[str, str], facts: dict[str, str], licences: Iterable[Licence]) -> None:
    """``sums``: sha256 of each file of the folder; ``licences``: of the sources that have rows in the export."""
    terms = sorted(licences, key=lambda each: each.source)
    tables = {name: columns for name in sums if (columns := _columns(folder / name))}
    told = {"name": f"orthokg-{form}", "title": f"OrthoKG, {form}", "version": facts["data_version"]}
    package = {
        "profile": "data-package",
        **told,
        "homepage": HOME,
        "description": _said(facts),
        "licenses": [{"name": _plain(text), "title": text} for text in _texts(terms)],
        "sources": [
            {"title": each.citation or each.source, **({"path": path} if (path := _address(each)) else {})}
            for each in terms
        ],
        "resources": [_resource(folder / name, sha, tables.get(name)) for name, sha in sums.items()],
    }
    croissant = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **told,
        "description": _said(facts),
        "url": HOME,
        "license": _texts(terms),
        "citeAs": "; ".join(dict.fromkeys(each.citation for each in terms if each.citation)),
        "distribution": [_file(folder / name, sha) for name, sha in sums.items()],
        "recordSet": [_records(name, found) for name, found in tables.items() if not name.endswith(".sssom.tsv")],
    }
    for name, made in ((DATAPACKAGE, package), (CROISSANT, croissant)):
        (folder / name).write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _said(facts: dict[str, str]) -> str:
    return (
        f"Export of OrthoKG, release {facts['release']}. Each row is under the licence in its own column, or of its"
        " source in LICENCES.tsv; LEFT_OUT.tsv counts what may not be passed on."
    )


def _texts(terms: Iterable[Licence]) -> list[str]:
    return sorted({part.strip() for each in terms for part in each.licence.split(";")})


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-")


def _address(each: Licence) -> str:
    first = each.url.split("; ")[0]
    return first if first.startswith("http") else ""


def _columns(path: Path) -> list[Column]:
    """Of a file that has a header; none of any other."""
    if path.suffix == ".parquet":
        from pyarrow import parquet

        return [Column(f.name, _of_arrow(str(f.type)), _doc(f.name)) for f in parquet.read_schema(path)]
    if path.suffix not in (".tsv", ".csv"):
        return []
    with path.open(encoding="utf-8", newline="") as file:
        head = next(line for line in file if not line.startswith("# ")).rstrip("\n")
    if path.suffix == ".tsv":
        return [Column(name, _KINDS.get(name, "string"), _doc(name)) for name in head.split("\t")]
    found = [text.partition(":") for text in next(csv.reader([head]))]
    return [Column(f"{name}:{kind}", _CSV.get(kind, "string"), _doc(name)) for name, _, kind in found]


def _of_arrow(text: str) -> str:
    base = {"int64": "integer", "double": "float", "bool": "boolean"}
    if text.startswith("list<"):
        return "floats" if "double" in text else "strings"
    return base.get(text, "string")


def _resource(path: Path, sha: str, columns: list[Column] | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9._-]+", "-", path.name.lower()),
        "path": path.name,
        "format": path.suffix[1:],
        "mediatype": _MEDIA.get(path.suffix, "application/octet-stream"),
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha}",
    }
    if columns is None or path.suffix == ".parquet":
        return made
    fields = [{"name": c.name, "type": _FIELD.get(c.kind, "string"), "description": c.doc} for c in columns]
    tabs = {"delimiter": "\t", "quoteChar": "\x00", "doubleQuote": False}
    commented = {"commentChar": "#"} if path.name.endswith(".sssom.tsv") else {}
    return made | {
        "profile": "tabular-data-resource",
        "encoding": "utf-8",
        **({"dialect": {**tabs, **commented}} if path.suffix == ".tsv" else {}),
        "schema": {"fields": fields, "missingValues": [""]},
    }


def _file(path: Path, sha: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": _MEDIA.get(path.suffix, "application/octet-stream"),
        "sha256": sha,
    }


def _records(name: str, columns: list[Column]) -> dict[str, Any]:
    key = f"{name}/records"
    typed = name.endswith(".parquet")
    return {
        "@type": "cr:RecordSet",
        "@id": key,
        "name": key,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{key}/{c.name}",
                "name": f"{key}/{c.name}",
                "description": c.doc,
                "dataType": _SC.get(c.kind.removesuffix("s") if typed else "string", "sc:Text"),
                **({"repeated": True} if typed and c.kind in ("strings", "floats") else {}),
                "source": {"fileObject": {"@id": name}, "extract": {"column": c.name}},
            }
            for c in columns
        ],
    }


def _declared() -> tuple[dict[str, str], dict[str, str]]:
    """Kind and meaning of each property by name; a name that is declared in two ways is a string, with both meanings
    left out."""
    kinds: dict[str, set[str]] = {}
    docs: dict[str, set[str]] = {}
    for spec in (*LASTING, *EDGES):
        for p in spec.properties:
            kinds.setdefault(p.name, set()).add(p.kind)
            docs.setdefault(p.name, set()).add(p.doc)
    return (
        {name: next(iter(found)) for name, found in kinds.items() if len(found) == 1},
        {name: next(iter(found)) for name, found in docs.items() if len(found) == 1},
    )


_KINDS, _PROPERTY_DOCS = _declared()


def _doc(name: str) -> str:
    return _DOCS.get(name) or _PROPERTY_DOCS.get(name) or name.replace("_", " ")
