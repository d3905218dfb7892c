"""How to cite the software and the method, as ``CITATION.cff`` states it (a test compares the two)."""

from dataclasses import dataclass
from importlib.metadata import version

TITLE = "OrthoKG"
AUTHORS = "The OrthoKG developers"
LICENCE = "BSD-3-Clause"
RELEASED = "2026-11-26"
MESSAGE = "If you use OrthoKG, please cite it as below, together with the studies that its answers name."


@dataclass(frozen=True)
class Article:
    """``authors``: family name and given names of each."""

    authors: tuple[tuple[str, str], ...]
    title: str
    journal: str
    volume: int
    pages: tuple[int, int]
    year: int
    doi: str

    @property
    def text(self) -> str:
        """In one line."""
        names = ", ".join(f"{family} {_initials(given)}" for family, given in self.authors)
        first, last = self.pages
        return f"{names} {self.title}. {self.journal} {self.volume}, {first}-{last} ({self.year}), doi:{self.doi}."


METHOD = Article(
    (
        ("Johnston", "Kevin G."),
        ("Grieco", "Steven F."),
        ("Nie", "Qing"),
        ("Theis", "Fabian J."),
        ("Xu", "Xiangmin"),
    ),
    "Small data methods in omics: the power of one",
    "Nature Methods",
    21,
    (1597, 1602),
    2024,
    "10.1038/s41592-024-02390-8",
)


def installed() -> str:
    """Version of the package that runs."""
    return version("orthokg")


def software() -> str:
    """In one line, of the installed version; the date is that of the last release."""
    return f"{AUTHORS}. {TITLE}, version {installed()} ({RELEASED[:4]}). Licence: {LICENCE}."


def bibtex() -> str:
    """Both entries."""
    names = " and ".join(f"{family}, {given}" for family, given in METHOD.authors)
    first, last = METHOD.pages
    return (
        f"@software{{orthokg,\n  author = {{{{{AUTHORS}}}}},\n  title = {{{TITLE}}},\n  version = {{{installed()}}},\n"
        f"  year = {{{RELEASED[:4]}}},\n  license = {{{LICENCE}}}\n}}\n\n"
        f"@article{{johnston{METHOD.year},\n  author = {{{names}}},\n  title = {{{METHOD.title}}},\n"
        f"  journal = {{{METHOD.journal}}},\n  volume = {{{METHOD.volume}}},\n  pages = {{{first}--{last}}},\n"
        f"  year = {{{METHOD.year}}},\n  doi = {{{METHOD.doi}}}\n}}\n"
    )


def _initials(given: str) -> str:
    return "".join(f"{name[0]}." for name in given.split())
