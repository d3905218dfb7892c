"""Words that files write where they name nothing: one list, asked of donors, cell types, replicates and genes alike.

Arms of a contrast are not asked: there ``Negative`` may be meant. A manifest claims a word for its donors and types with
``keep``. Sources of the words: Seurat's HTODemux, Vireo, demuxlet, souporcell and freemuxlet (doublets and cells of no
donor); CellTypist, scmap, Garnett (cells of no type); R, pandas and spreadsheets (missing values); HTSeq, STAR and
featureCounts (rows that sum up reads of no gene).
"""

import re
from collections.abc import Collection, Iterable

WORDS = frozenset(
    ("na", "n/a", "n a", "nan", "nat", "none", "null", "nil", "missing", "not available", "not applicable", "not provided",
     "not determined", "unknown", "undefined", "undetermined", "unspecified", "unassigned", "not assigned", "unclassified",
     "unlabeled", "unlabelled", "unannotated", "not annotated", "unidentified", "unid", "ambiguous", "ambig", "heterogeneous",
     "doublet", "doublets", "multiplet", "multiplets", "singlet", "singlets", "negative", "negatives", "empty", "empty droplet",
     "empty droplets", "low quality", "lowquality", "poor quality", "bad quality", "low quality cell", "low quality cells",
     "filtered", "filtered out", "removed", "excluded", "discarded", "failed qc", "debris", "artifact", "artefact",
     "potential doublet", "potential doublets", "to be determined", "tbd")
)  # fmt: skip
SUMMARIES = frozenset(
    ("no_feature", "ambiguous", "too_low_aqual", "not_aligned", "alignment_not_unique", "n_unmapped", "n_multimapping",
     "n_nofeature", "n_ambiguous")
)  # fmt: skip
_DEMUXLET = re.compile(r"(DBL|AMB)-.+")
_FEATURE_COUNTS = re.compile(r"unassigned_\w+", re.IGNORECASE)
_JOINED = re.compile(r"[/_,+|]")


def folded(text: str) -> str:
    """Case, and what stands between and around words, do not matter: ``<NA>``, ``Low-quality``, ``not_assigned``."""
    return re.sub(r"[\s_.-]+", " ", text.lower()).strip(" <>()[]#'\"")


def is_name(text: str, keep: Iterable[str] = ()) -> bool:
    """False for what a file writes where it names nothing; ``keep``: words that are names here."""
    if text in keep:
        return bool(text)
    if not any(mark.isalnum() for mark in text) or _DEMUXLET.fullmatch(text):
        return False
    return folded(text) not in WORDS


def no_names(texts: Iterable[str], keep: Collection[str] = ()) -> frozenset[str]:
    """Of the values of a column of donors: those that name none. Two names of the column joined (0/1 of souporcell,
    HTO1_HTO2 of hashing) are a doublet of both."""
    known = {str(text) for text in texts}
    none = {text for text in known if not is_name(text, keep)}
    names = known - none
    for text in names - set(keep):
        parts = _JOINED.split(text)
        if len(parts) > 1 and len(set(parts)) == len(parts) and set(parts) <= names:
            none.add(text)
    return frozenset(none)


def is_summary(name: str) -> bool:
    """A row of a table of counts that sums up reads of no gene, as HTSeq, STAR and featureCounts add it."""
    text = name.strip().lower()
    return text.removeprefix("__") in SUMMARIES or _FEATURE_COUNTS.fullmatch(text) is not None
