"""Whether studies that are given again are those that a version or a submission was made of, by name and sha256."""

from collections.abc import Iterable

from ingest.atlas.store import from_bytes
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Manifest
from kg.errors import ContractError, Issue


def files_of(objects: ObjectStore, manifest: Manifest, studies: Iterable[str]) -> set[str]:
    """Each file of some studies of a manifest, with its sha256."""
    held = {study: from_bytes(objects.read(manifest.objects[f"study/{study}"].sha256))[1] for study in studies}
    return {as_text(study, name, sha) for study, facts in held.items() for name, sha in facts["files"].items()}


def as_text(study: str, file: str, sha256: str) -> str:
    return f"{study}: {file} {sha256[:12]}"


def need_same(what: str, due: set[str], given: set[str], fix: str) -> None:
    """``due``, ``given``: names of studies, or texts of their files. Raises ContractError OTHER_STUDIES."""
    if due != given:
        lacking, more = (", ".join(sorted(each)[:10]) or "nothing more" for each in (due - given, given - due))
        rule = f"OTHER_STUDIES: {what} is of certain studies, and each file is the one that was read"
        found = f"it has {lacking}; given was {more}"
        raise ContractError([Issue("studies", rule, found, fix)], code="OTHER_STUDIES")
