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
from kg.atlas.version import Manifest

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
