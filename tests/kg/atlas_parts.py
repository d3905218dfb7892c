"""Small versions of atlases."""

from kg.atlas.card import (
    Card,
    ConfusionLine,
    Contributor,
    CoverageLine,
    EngineLine,
    MeasureLine,
    ReliabilityBin,
    StudyLine,
    TypeLine,
)
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Gate, GateLine, Report
from kg.atlas.version import Manifest, Version

DATASET = "orthokg:dataset/kang"
ORCID = "0000-0002-1825-0097"


def card(**given: object) -> Card:
    """Of one study of eight donors."""
    facts = {
        "engine": EngineLine("closed form", "1", "held-out donors: macro-F1 .80, MapMyCells' rule .76"),
        "head": "both",
        "policy": "200 genes and more, log of counts per 10,000",
        "cite": "Kang 2018",
        "donors": 8,
        "cells": 1200,
        "alpha": 0.1,
        "studies": (StudyLine("kang", "PBMC of lupus", DATASET, "CC BY 4.0", "Kang 2018", 8, 1200, 2),),
        "types": (TypeLine("B cell", 8, 900, "CL:0000236", 0.41), TypeLine("megakaryocyte", 3, 300)),
        "coverage": (CoverageLine("all", "all", 0.91, 1200, 8), CoverageLine("type", "megakaryocyte", None, 300, 3)),
        "reliability": (ReliabilityBin(0, 0.5, None, None, 0), ReliabilityBin(0.5, 1, 0.93, 0.9, 1200)),
        "confusion": (ConfusionLine("B cell", "plasma cell", 0.04, 900),),
        "measures": (MeasureLine("macro-F1", 0.8, "held-out donors", 0.7, 0.9),),
        "forbidden": ("megakaryocyte: three donors calibrate no p",),
        "contributors": (Contributor("Ada", ORCID, "made it"),),
    }
    return Card(**{**facts, **given})  # type: ignore[arg-type]


def manifest(objects: ObjectStore, atlas: str = "pbmc", *, taxon: str = "NCBITaxon:9606", **given: object) -> Manifest:
    """With its objects in the store; another card where some of it is ``given``."""
    parts = {
        "policy": objects.put(b"a policy"),
        "study/kang": objects.put(b"a study"),
        "embedding": objects.put(b"an embedding"),
        "quality": objects.put(card(**given).pack()),
    }
    return Manifest(atlas, taxon, parts)


def with_objects(objects: ObjectStore, made: Manifest, **given: bytes | None) -> Manifest:
    """A manifest with some of its objects others, or gone; ``study__a`` stands for ``study/a``."""
    parts = dict(made.objects)
    for name, data in given.items():
        key = name.replace("__", "/")
        if data is None:
            parts.pop(key)
        else:
            parts[key] = objects.put(data)
    return Manifest(made.atlas, made.taxon, parts)


def report(base: Version, *outcomes: str, **given: object) -> Report:
    """With a gate for each outcome, G1 upward."""
    facts = {
        "base": base.id,
        "atlas": base.atlas,
        "studies": ("new",),
        "donors": 6,
        "cells": 900,
        "affected": ("B cell",),
        "untouched": ("megakaryocyte",),
        "gates": tuple(
            Gate(
                f"G{at}",
                "resolution",
                outcome,  # type: ignore[arg-type]
                (GateLine("B cell", -0.03, -0.02, 0.91, 0.88, -0.04, -0.01, "donors held out", outcome == "failed"),),
                f"it {outcome}",
                "look at the labels",
            )
            for at, outcome in enumerate(outcomes or ("passed",), 1)
        ),
    }
    return Report(**{**facts, **given})  # type: ignore[arg-type]
