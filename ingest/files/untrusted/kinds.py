"""What a file really is whose name gives another format, by its first bytes, and what to do about it."""

import gzip
import zlib
from pathlib import Path

_R = "it is R's: write it as h5ad (zellkonverter::writeH5AD), or its counts as mtx with a table of its cells"
_KINDS = (
    (b"rdx", "R's own format", _R),
    (b"rda", "R's own format", _R),
    (b"x\n\0\0", "R's own format (RDS)", _R),
    (b"pk\x03\x04", "a zip archive", "unpack it, and name the file or folder within"),
    (b"version https://git-lfs", "a pointer of Git LFS", "fetch the file itself: git lfs pull"),
    (b"<!doctype", "a page of a web site", "download the file itself"),
    (b"<html", "a page of a web site", "download the file itself"),
    (b"<?xml", "an XML message of a server", "download the file itself"),
    (b"bzh", "bzip2", "decompress it"),
    (b"\xfd7zxz", "xz", "decompress it"),
    (b"\x28\xb5\x2f\xfd", "zstd", "decompress it"),
)


def what_it_is(path: Path) -> tuple[str, str]:
    """What a file is, and what to do to have HDF5 or zarr in place of it."""
    with path.open("rb") as opened:
        head = opened.read(512)
    if head[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as inner:
                head = inner.read(512)
        except (OSError, EOFError, zlib.error):
            return "gzip that is cut short", "copy the file again, and compare its checksum"
        if head[:4] == b"\x89HDF":
            return "HDF5 in gzip", "it is gzip: decompress it"
    for start, found, fix in _KINDS:
        if head.lstrip().lower().startswith(start):
            return found, fix
    if head[:4] == b"\x89HDF":
        return "HDF5 that cannot be opened", "the file is cut short: copy it again, and compare its checksum"
    if not head:
        return "an empty file", "copy it again"
    return (
        "no HDF5",
        "the file is damaged or of another format: copy it again and compare its checksum, or correct cells.format",
    )
