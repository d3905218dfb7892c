"""One file from one address: resumed where it was interrupted, checked before it gets its name."""

import errno
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from kg.errors import SourceError

TRIES = 4


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def disk(path: Path) -> Iterator[None]:
    """Turns a full or unwritable disk into a SourceError (DISK_FULL, CACHE_NOT_WRITABLE) that names the place."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise SourceError(
                f"the disk is full: {path} could not be written. Free room there, or set ORTHOKG_HOME to a folder on "
                "another disk, and run again: a download resumes where it stopped.",
                code="DISK_FULL",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            raise SourceError(
                f"the cache cannot be written: {path} ({error.strerror}). Set ORTHOKG_HOME to a folder of your own.",
                code="CACHE_NOT_WRITABLE",
            ) from error
        raise


def download(
    client: httpx.Client,
    address: str,
    to: Path,
    *,
    sha256: str,
    size: int,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Fetches ``address`` into ``to``; ``to`` appears only with the right ``size`` (bytes) and ``sha256``.

    What has come stays in ``<to>.part`` and the next call asks for the rest (HTTP Range). ``advance`` is told the bytes
    as they come (negative where a server starts over).

    Raises SourceError: OFFLINE (no connection), SOURCE_GONE (the server refuses), INTERRUPTED (it was interrupted
    again and
    again), CHECKSUM (other bytes than pinned; nothing is kept), DISK_FULL, CACHE_NOT_WRITABLE.
    """
    part = to.with_name(to.name + ".part")
    with disk(to):
        to.parent.mkdir(parents=True, exist_ok=True)
    resumed = part.exists() and part.stat().st_size > 0
    _fill(client, address, part, size, advance)
    found = sha256_of(part)
    if found != sha256 and resumed:
        # The part may come from another version of the file, so the whole is tried once before we blame the server.
        advance(-part.stat().st_size)
        part.unlink()
        _fill(client, address, part, size, advance)
        found = sha256_of(part)
    if found != sha256:
        part.unlink()
        raise SourceError(
            f"{address} gives other bytes than pinned: sha256 expected {sha256}, found {found}. Nothing was kept. "
            "The authors may have changed the file, or something on the way altered it: try another network, or put "
            f"the pinned file into a folder of ORTHOKG_CACHE as {to.name}.",
            code="CHECKSUM",
        )
    with disk(to):
        part.replace(to)


def _fill(client: httpx.Client, address: str, part: Path, size: int, advance: Callable[[int], None]) -> None:
    """Appends to ``part`` until it has ``size`` bytes or the server has sent more than that."""
    advance(part.stat().st_size if part.exists() else 0)
    reason = ""
    for _ in range(TRIES):
        have = part.stat().st_size if part.exists() else 0
        if have >= size:
            return
        try:
            _stream(client, address, part, have, size, advance)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.ProxyError) as error:
            raise SourceError(
                f"no connection to {httpx.URL(address).host} ({error}): {address} cannot be fetched. Connect to the "
                "network, or set ORTHOKG_CACHE to a folder that holds the sources.",
                code="OFFLINE",
            ) from error
        except httpx.TransportError as error:
            reason = f"{type(error).__name__}: {error}"
        else:
            reason = "the server ended the answer early"
    if part.exists() and part.stat().st_size >= size:
        return
    raise SourceError(
        f"{address} was interrupted {TRIES} times ({reason}). Run again: it resumes after the "
        f"{part.stat().st_size if part.exists() else 0:,} bytes that came, of {size:,}.",
        code="INTERRUPTED",
    )


def _stream(
    client: httpx.Client, address: str, part: Path, have: int, size: int, advance: Callable[[int], None]
) -> None:
    ask = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with client.stream("GET", address, headers=ask) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            advance(-have)
            part.unlink()
            return
        if answer.is_server_error:
            raise httpx.RemoteProtocolError(f"HTTP {answer.status_code}")
        if not answer.is_success:
            raise SourceError(
                f"{address} answers HTTP {answer.status_code} {answer.reason_phrase}: the file is not there for us. "
                "Put a copy into a folder of ORTHOKG_CACHE, or report it: its pin needs another address.",
                code="SOURCE_GONE",
            )
        resumes = answer.status_code == httpx.codes.PARTIAL_CONTENT
        if have and not resumes:
            advance(-have)
        got = have if resumes else 0
        with disk(part), part.open("ab" if resumes else "wb") as stream:
            for chunk in answer.iter_raw():
                stream.write(chunk)
                got += len(chunk)
                advance(len(chunk))
                if got > size:
                    return
