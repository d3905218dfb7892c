"""Trusted documents: a folder of ``*.graphql`` files, and nothing else is run.

A client names one by its SHA-256, ``{"documentId": "sha256:9f86d0…", "variables": {}}``, or sends its whole text.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from kg.errors import ContractError, Issue, KgError

_PREFIX = "sha256:"


def read_documents(folder: Path) -> dict[str, str]:
    """SHA-256 -> text of every ``*.graphql`` file of the folder. Raises ContractError for a folder without one."""
    found = {}
    for path in sorted(folder.glob("*.graphql")) if folder.is_dir() else ():
        content = path.read_bytes()
        found[hashlib.sha256(content).hexdigest()] = content.decode("utf-8")
    if not found:
        fix = "name a folder of *.graphql files, or unset it to run any query"
        raise ContractError([Issue("ORTHOKG_TRUSTED_DOCUMENTS", "holds documents", str(folder), fix)])
    return found


def trusted_text(documents: Mapping[str, str], query: object, name: object) -> str:
    """The document that a request names or sends. Raises KgError UNTRUSTED_DOCUMENT for any other."""
    if isinstance(name, str):
        text = documents.get(name.removeprefix(_PREFIX)) if name.startswith(_PREFIX) else None
    else:
        sent = query if isinstance(query, str) else ""
        text = documents.get(hashlib.sha256(sent.encode("utf-8", "replace")).hexdigest())
    if text is None:
        known = "This server runs trusted documents only: send documentId, sha256: and the SHA-256 of one of them."
        raise KgError(known, code="UNTRUSTED_DOCUMENT")
    return text
