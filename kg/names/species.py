"""Species, each declared once in ``species.yaml``: a new one is an entry there, a table of its genes and pairs of
orthologs.

Human is the side of human states; every other is a model animal, whose contrasts meet them by the orthologs of that
species alone.
"""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import yaml

from kg.curie import HUMAN


@dataclass(frozen=True)
class Older:
    """An older annotation among the sources: a file, and its columns of stable ids, symbols and NCBI gene ids ("" where
    it has none)."""

    file: str
    ids: str
    symbols: str
    numbers: str = ""


@dataclass(frozen=True)
class Species:
    """``taxon``: NCBITaxon id. ``name``: common name, in small letters; ``label``: scientific name; ``spellings``:
    further names, the plural first. ``ensembl``: what its stable gene ids begin with. ``symbols``: how its symbols are
    written: APP or App.
    ``genomes``: patterns of the names of its assemblies. ``stages``: ontology of its life stages, "" where none is
    read.
    ``genes``: table of its genes among the sources, "" where a study of it names one. ``panglao``: its code in
    PanglaoDB.
    ``orthologs``: source whose pairs with human genes the policies start from, "" where none is available.
    ``older``: annotations that give symbols used before."""

    taxon: str
    name: str
    label: str
    ensembl: str
    symbols: Literal["upper", "capitalised"]
    spellings: tuple[str, ...] = ()
    genomes: tuple[str, ...] = ()
    stages: str = ""
    genes: str = ""
    panglao: str = ""
    orthologs: str = ""
    older: tuple[Older, ...] = ()

    def written(self, symbol: str) -> str:
        """A symbol as the species' symbols are written."""
        return symbol.upper() if self.symbols == "upper" else symbol.capitalize()

    @property
    def plural(self) -> str:
        return self.spellings[0] if self.spellings else f"{self.name}s"

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, in small letters; of two words the first shortened too: m. musculus."""
        genus, _, rest = self.label.lower().partition(" ")
        return self.name, self.label.lower(), f"{genus[0]}. {rest}", *self.spellings


def _read() -> dict[str, Species]:
    entries: list[dict[str, Any]] = yaml.safe_load((files("kg.names") / "species.yaml").read_text(encoding="utf-8"))
    lists = ("spellings", "genomes")
    for entry in entries:
        entry |= {key: tuple(entry.get(key, ())) for key in lists}
        entry["older"] = tuple(Older(**each) for each in entry.get("older", ()))
    made = (Species(**entry) for entry in entries)
    return {each.taxon: each for each in made}


SPECIES = _read()
MODELS = tuple(taxon for taxon in SPECIES if taxon != HUMAN)


def name_of(taxon: str) -> str:
    """Common name, or the id of a species that is not declared."""
    return SPECIES[taxon].name if taxon in SPECIES else taxon


def plural_of(taxon: str) -> str:
    """Mice, rats; "animals" of a species that is not declared."""
    return SPECIES[taxon].plural if taxon in SPECIES else "animals"


def node_of(taxon: str, said: str = "") -> dict[str, str]:
    """The Species node; of one that is not declared with the name that is ``said``, or its id."""
    if taxon in SPECIES:
        return {"id": taxon, "label": SPECIES[taxon].label, "common_name": SPECIES[taxon].name}
    return {"id": taxon, "label": said or taxon} | ({"common_name": said} if said else {})


def told() -> str:
    """All species in words: "NCBITaxon:9606 (human), … or NCBITaxon:9483 (marmoset)"."""
    shown = [f"{taxon} ({species.name})" for taxon, species in SPECIES.items()]
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def other_style(taxon: str) -> str:
    """Name of the first species whose symbols are written otherwise."""
    return next(each.name for each in SPECIES.values() if each.symbols != SPECIES[taxon].symbols)
