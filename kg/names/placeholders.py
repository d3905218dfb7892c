"""Words that files write where they name nothing: one list, asked of donors, cell types, replicates and genes alike.

Arms of a contrast are not asked: there ``Negative`` may be meant. A manifest claims a word for its donors and types
with ``keep``. Sources of the words: Seurat's HTODemux, Vireo, demuxlet, souporcell and freemuxlet (doublets and cells
of no donor); CellTypist, scmap, Garnett (cells of no type); R, pandas and spreadsheets (missing values); HTSeq, STAR
and featureCounts (rows that sum up reads of no gene); BioSample (insdc.org) and GDC (values that were not given).
"""

import re
from collections.abc import Collection, Iterable

WORDS = frozenset(
    (
        "na",
        "n/a",
        "n a",
        "nan",
        "nat",
        "none",
        "null",
        "nil",
        "missing",
        "not available",
        "not applicable",
        "not provided",
        "not determined",
        "unknown",
        "undefined",
        "undetermined",
        "unspecified",
        "unassigned",
        "not assigned",
        "unclassified",
        "unlabeled",
        "unlabelled",
        "unannotated",
        "not annotated",
        "unidentified",
        "unid",
        "ambiguous",
        "ambig",
        "heterogeneous",
        "doublet",
        "doublets",
        "multiplet",
        "multiplets",
        "singlet",
        "singlets",
        "negative",
        "negatives",
        "empty",
        "empty droplet",
        "empty droplets",
        "low quality",
        "lowquality",
        "poor quality",
        "bad quality",
        "low quality cell",
        "low quality cells",
        "filtered",
        "filtered out",
        "removed",
        "excluded",
        "discarded",
        "failed qc",
        "debris",
        "artifact",
        "artefact",
        "potential doublet",
        "potential doublets",
        "to be determined",
        "tbd",
        "unk",
        "unclear",
        "uncertain",
        "inconclusive",
        "unresolved",
        "unassignable",
        "discordant",
        "rejected",
        "rejection",
        "rand",
        "not called",
        "no call",
        "nocall",
        "not detected",
        "undetected",
        "nd",
        "n d",
        "blank",
        "blanks",
        "no hash",
        "nohash",
        "no tag",
        "untagged",
        "ambient",
        "ambient rna",
        "background",
        "contamination",
        "contaminated",
        "contaminant",
        "dead",
        "dead cells",
        "dying",
        "dying cells",
        "qc fail",
        "fail qc",
        "failed",
        "lq",
        "low qc",
        "lowqc",
        "not reported",
        "unreported",
        "not collected",
        "not recorded",
        "withheld",
        "restricted access",
        "no donor",
        "no sample",
        "unknown donor",
        "unknown sample",
        "pooled",
        "msm",
        "inter doublet",
        "intra doublet",
        "heterotypic doublet",
        "homotypic doublet",
    )
)
SUMMARIES = frozenset(
    ("no feature", "ambiguous", "too low aqual", "not aligned", "alignment not unique", "n unmapped", "n multimapping",
     "n nofeature", "n ambiguous", "unmapped", "multimapped", "n multimapped", "assigned", "intergenic", "no gene")
)  # fmt: skip
_DEMUXLET = re.compile(r"(DBL|AMB)-.+")
_SPREADSHEET = re.compile(r"#(N/A|VALUE!|REF!|DIV/0!|NAME\?|NULL!|NUM!)")
_FEATURE_COUNTS = re.compile(r"unassigned_\w+", re.IGNORECASE)
_HTSEQ = re.compile(r"__?(ambiguous|no_feature)\[.*\]?")
_CONTROLS = re.compile(
    r"(\w+[-_])?ERCC[-_.]?\d{5}|NegControl(Probe|Codeword)_\w+|(Unassigned|Deprecated)Codeword_\w+|BLANK[-_]\d+|NegPrb\d+"
    r"|SystemControl\d+",
    re.IGNORECASE,
)
_DOUBLET = re.compile(r"(?<![^\W_])(doublets?|multiplets?)(?![^\W_])", re.IGNORECASE)
_PARTS = re.compile(r"[\s_.:|/#-]+")
_NOBODY, _NOBODY_OF_A_POOL = frozenset(("unassigned", "nan")), frozenset(("ambiguous", "unknown"))
_JOINED = re.compile(r"\s*[/_,+|;&:-]\s*|\s+")
_CALLED_TWICE = re.compile(r"([^,]+),([^,]+)(,[01](\.\d+)?)?")


def folded(text: str) -> str:
    """Case, and what stands between and around words, do not matter: ``<NA>``, ``Low-quality``, ``not_assigned``."""
    return re.sub(r"[\s_.-]+", " ", text.lower()).strip(" <>()[]#'\"")


def is_name(text: str, keep: Iterable[str] = ()) -> bool:
    """False for what a file writes where it names nothing; ``keep``: words that are names here."""
    if text in keep:
        return bool(text)
    if not any(mark.isalnum() for mark in text) or _DEMUXLET.fullmatch(text) or _SPREADSHEET.fullmatch(text):
        return False
    return folded(text) not in WORDS and _DOUBLET.search(text) is None


def no_names(texts: Iterable[str], keep: Collection[str] = ()) -> frozenset[str]:
    """Of the values of a column of donors: those that name none. Beside words these are a word behind the name of a
    pool (``pool1_unassigned``), a code below 0 among codes, and two donors: names of the column joined (0/1 of
    souporcell, HTO1_HTO2 of hashing), or what freemuxlet and demuxlet call of two (``0,1`` among ``0,0``)."""
    known = {str(text) for text in texts}
    none = {text for text in known if not is_name(text, keep)}
    names = known - none
    called = {text: (hit[1], hit[2]) for text in names if (hit := _CALLED_TWICE.fullmatch(text))}
    twice = sum(one == two for one, two in called.values())
    codes = all(re.fullmatch(r"-?\d+(/\d+)?", text) for text in names)
    pools = {_PARTS.split(text)[0] for text in names if _last(text) not in _NOBODY | _NOBODY_OF_A_POOL}
    for text in names - set(keep):
        one, two = called.get(text, ("", ""))
        if (
            _last(text) in _NOBODY
            or (_last(text) in _NOBODY_OF_A_POOL and _PARTS.split(text)[0] in pools)
            or (twice and one != two)
            or (codes and not text.isdecimal())
            or _is_joined(text, names)
        ):
            none.add(text)
    return frozenset(none)


def _last(text: str) -> str:
    """The word behind the last mark of a name that has one."""
    return parts[-1] if len(parts := _PARTS.split(text.lower().strip(" <>"))) > 1 else ""


def _is_joined(text: str, names: Collection[str]) -> bool:
    """Two or more different names, each of the column, with a mark between them."""
    for mark in _JOINED.finditer(text):
        one, two = text[: mark.start()], text[mark.end() :]
        if one in names and one != two and (two in names or _is_joined(two, names)):
            return True
    return False


def is_summary(name: str) -> bool:
    """A row of a table of counts that is not a gene: it sums up reads of none, as HTSeq, STAR and featureCounts add
    it, or
    is a spike-in or a control probe."""
    text = name.strip()
    if text == "*" or _FEATURE_COUNTS.fullmatch(text) or _HTSEQ.fullmatch(text) or _CONTROLS.fullmatch(text):
        return True
    return folded(text) in SUMMARIES
