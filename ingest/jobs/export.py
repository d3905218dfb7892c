"""The graph in a standard format, as one archive."""

import shutil
from collections.abc import Mapping
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from kg.export.run import WHOLE, export
from kg.jobs.child import Work
from kg.schema.edges import EDGES
from kg.schema.nodes import LASTING
from kg.signatures.store import SignatureStore
from kg.store.driver import home


def run(work: Work) -> Mapping[str, Any]:
    """Writes ``orthokg-<format>.zip`` with the files of `orthokg export`."""
    form, folder = work.arguments["format"], work.folder / "tmp" / "export"
    # Each label and relationship type is reported once, for what holds only some of them already by the fingerprint.
    total, done = len(LASTING) + sum(len(spec.pairs) for spec in EDGES) + (0 if form in WHOLE else 10), 0

    def tell(what: str) -> None:
        nonlocal done
        done += 1
        work.progress(min(done, total - 1), total, what)

    signatures = SignatureStore(home() / "signatures")
    made = export(work.store, signatures, form, folder, release=work.arguments.get("release"), tell=tell)
    path = work.result(f"orthokg-{form}.zip", "application/zip")
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=6) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    shutil.rmtree(folder)
    work.progress(total, total, "exported")
    left_out = sum(each[-1] for each in made.left_out)
    return {"format": form, "release": made.release, "rows": dict(made.rows), "rows_left_out": left_out}
