"""What the package declares and the explorer shows, as a script of its own: a new level, policy or species needs no
line of the page."""

import json

from kg.export.terms import OWN
from kg.match.compared import offered
from kg.match.orthology import POLICIES
from kg.names.species import SPECIES
from kg.report import citation
from kg.schema.glossary import QUANTITIES
from kg.tables.lab_table import GENES, NAMES, PARTS


def script() -> bytes:
    """``js/declared.js``: levels, policies, meanings of quantities, usual names of columns, species, sources of what is
    computed here, and how to cite."""
    lists = {
        "LEVELS": list(offered()),
        "POLICIES": list(POLICIES),
        "MEANINGS": {quantity.name: quantity.what for quantity in QUANTITIES},
        "COLUMN_NAMES": NAMES,
        "COLUMN_PARTS": PARTS,
        "GENE_COLUMNS": GENES,
        "SPECIES": {taxon: species.name for taxon, species in SPECIES.items()},
        "DERIVED": sorted(OWN),
        "CITE": {
            "version": citation.installed(),
            "licence": citation.LICENCE,
            "message": citation.MESSAGE,
            "software": citation.software(),
            "method": citation.METHOD.text,
            "bibtex": citation.bibtex(),
        },
    }
    told = (f"export const {name} = {json.dumps(value, ensure_ascii=False)};" for name, value in lists.items())
    return ("/** Made by the server of what the package declares. */\n" + "\n".join(told) + "\n").encode()
