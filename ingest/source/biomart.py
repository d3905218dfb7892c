"""Human-mouse orthologs of today from Ensembl BioMart, by ``pybiomart`` in a child process.

Upstream: www.ensembl.org/biomart (Kinsella 2011, doi 10.1093/database/bar030); no restriction on use is stated.
Traps: ``pybiomart`` patches ``requests`` for its whole process at import and writes ``.pybiomart.sqlite`` into its
working folder, so it runs in a child with a folder of the cache as its own; BioMart answers an error with status 200,
so the answer is checked before it takes its name.
"""

import csv
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from kg.errors import SourceError

FILE = "pybiomart/human_mouse_orthologs.csv"
HOST = "http://www.ensembl.org"
COLUMNS = (
    "ensembl_gene_id",
    "external_gene_name",
    "mmusculus_homolog_ensembl_gene",
    "mmusculus_homolog_associated_gene_name",
    "mmusculus_homolog_orthology_type",
    "mmusculus_homolog_orthology_confidence",
    "mmusculus_homolog_perc_id",
    "mmusculus_homolog_perc_id_r1",
)
_CHILD = """
import sys
from pybiomart import Dataset
host, port, out, columns = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4].split(",")
genes = Dataset(name="hsapiens_gene_ensembl", host=host, port=port, use_cache=False)
genes.query(attributes=columns, use_attr_names=True).to_csv(out, index=False)
"""


def get(folder: Path, host: str = HOST, *, timeout: float = 900) -> Path:
    """The answer as a CSV with COLUMNS in ``folder/pybiomart``; asked for once, then kept (delete it to ask again).

    ``timeout`` in seconds. Raises SourceError (BIOMART) when there is no answer or it is not a table of orthologs.
    """
    path = folder / FILE
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    address = urlsplit(host)
    command = [
        sys.executable,
        "-c",
        _CHILD,
        f"{address.scheme}://{address.hostname}",
        str(address.port or 80),
        part.name,
    ]
    try:
        done = subprocess.run(
            [*command, ",".join(COLUMNS)], cwd=path.parent, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise _failed(host, f"no answer in {timeout:g} s") from None
    if done.returncode:
        raise _failed(host, (done.stderr.strip().splitlines() or ["no reason given"])[-1])
    with part.open(newline="") as opened:
        rows = csv.reader(opened)
        head, first = next(rows, []), next(rows, None)
    if tuple(head) != COLUMNS or first is None:
        raise _failed(host, f"the answer is not a table of orthologs (columns {', '.join(head) or 'none'})")
    part.replace(path)
    return path


def _failed(host: str, why: str) -> SourceError:
    return SourceError(
        f"Ensembl BioMart at {host} gave no orthologs: {why}. Try later, or leave the source ensembl-live out; the "
        "pinned ortholog tables do not need it.",
        code="BIOMART",
    )
