"""The text of a file, block by block, as UTF-8 with one kind of line end: whatever compression, mark and line ends it
has."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from kg.errors import broken
from kg.files.regular import need_file

ENCODINGS = ("utf-8", "utf-16", "latin-1")
LONGEST_LINE = 32 << 20
MOST_UNPACKED, UNPACKED_FREELY = 250, 16 << 20
MOST_HELD = 2 << 30
_GZIP = b"\x1f\x8b"
_SIZE = 1 << 20
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NO_TEXT = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"%PDF": "a PDF",
    b"\x89HDF": "HDF5",
    _GZIP: "gzip within gzip",
    b"\x89PNG": "a picture",
    b"RDX": "R's own format",
    b"\x80\x04": "a pickle",
}
_UNSEEN = "\ufeff\u200b\u2060"  # marks of byte order of files that were joined, and spaces of no width from web pages
_EXPORT = "export it as csv or tsv"
_NO_TABLE = {
    rb"version https://git-lfs": ("a pointer of Git LFS in place of the file", "fetch the file itself: `git lfs pull`"),
    rb"[\[{]\s*[\[{\"]": ("JSON", _EXPORT),
    rb"<\?xml": ("XML", _EXPORT),
    rb"\{\\rtf": ("a document of a word processor", _EXPORT),
}
_COPY = "the file is cut short or damaged: copy it again, and compare its checksum"


def blocks(path: Path, encoding: str = "utf-8") -> Iterator[bytes]:
    """UTF-8 text with line ends ``\\n`` and without signs of no width; a byte-order mark says more than ``encoding``.

    Raises ContractError: MISSING_FILE, NOT_A_FILE, NOT_GZIP, CUT_SHORT, NOT_TEXT, ENCODING, or TOO_LARGE for a line, or
    what gzip unpacks to.
    """
    done = line = 0
    try:
        with need_file(path).open("rb") as raw:
            stream = _unzipped(raw, path)
            decoder = io.IncrementalNewlineDecoder(
                codecs.getincrementaldecoder(_told(stream, path, encoding))(), translate=True
            )
            while chunk := stream.read(_SIZE):
                text = decoder.decode(chunk)
                if "\0" in text:
                    fix = "save it as UTF-8 text; of UTF-16 without a mark, declare `encoding: utf-16`"
                    raise broken("ENCODING", path.name, "a table is text", "bytes of value 0", fix)
                done += len(chunk)
                for sign in _UNSEEN:
                    text = text.replace(sign, "")
                made = text.encode()
                line = line + len(made) if (end := made.rfind(b"\n")) < 0 else len(made) - end - 1
                _bounded(path, line, done, raw.tell() if stream is not raw else done)
                yield made
            yield decoder.decode(b"", final=True).encode()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise broken("MISSING_FILE", str(path), "the file must exist", "no file", "check its name and folder") from None
    except PermissionError:
        raise broken(
            "MISSING_FILE", str(path), "the file can be read", "no permission", "change its permissions"
        ) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise broken("CUT_SHORT", path.name, "gzip can be read to its end", error, _COPY) from None
    except UnicodeDecodeError as error:
        told = "utf-8" if error.encoding == "utf-8" else encoding
        fix = "save it as UTF-8, or declare `encoding: latin-1`" if told == "utf-8" else "save it as UTF-8"
        found = f"byte {done + error.start}: {error.reason}"
        raise broken("ENCODING", path.name, f"the file is {told}", found, fix) from None


def _bounded(path: Path, line: int, done: int, packed: int) -> None:
    if line > LONGEST_LINE:
        found, fix = (
            f"{line >> 20} MB without a line end",
            "it is not a table, or its line ends are lost: export it again",
        )
        raise broken("TOO_LARGE", path.name, f"a line has at most {LONGEST_LINE >> 20} MB", found, fix)
    if done > UNPACKED_FREELY and done > MOST_UNPACKED * packed:
        rule, found = (
            f"gzip unpacks to at most {MOST_UNPACKED} times its size",
            f"{packed:,} bytes that unpack to more than {done:,}",
        )
        raise broken(
            "TOO_LARGE",
            path.name,
            rule,
            found,
            "no table is so uniform: check the origin of the file; unpack it if it is genuine",
        )


def whole(path: Path, encoding: str = "utf-8") -> list[bytes]:
    """All :func:`blocks`, held in memory. Raises as these do, and TOO_LARGE for a text above 2 GB."""
    made, size = [], 0
    for block in blocks(path, encoding):
        made.append(block)
        size += len(block)
        if size > MOST_HELD:
            fix = "of single cells declare `cells:`, which are read by blocks; else split the file"
            raise broken(
                "TOO_LARGE", path.name, f"a table read whole has at most {MOST_HELD >> 30} GB of text", "more", fix
            )
    return made


def text_of(path: Path, encoding: str = "utf-8") -> str:
    """The whole text of a file. Raises as :func:`whole`."""
    return b"".join(whole(path, encoding)).decode()


def _unzipped(raw: io.BufferedReader, path: Path) -> io.BufferedReader:
    zipped = raw.peek(2)[:2] == _GZIP
    if path.suffix == ".gz" and not zipped:
        fix = "compress it again with gzip, or drop .gz from its name if it is plain text"
        raise broken("NOT_GZIP", path.name, "a name that ends in .gz is gzip", "other bytes", fix)
    return io.BufferedReader(gzip.GzipFile(fileobj=raw), _SIZE) if zipped else raw  # pyright: ignore[reportArgumentType]


def _told(stream: io.BufferedReader, path: Path, encoding: str) -> str:
    """The codec: by the mark, by zeros where every other byte is one, else as declared."""
    head = stream.peek(4096)[:4096]
    if mark := next((mark for mark in _MARKS if head.startswith(mark)), None):
        return _MARKS[mark]
    if kind := next((kind for start, kind in _NO_TEXT.items() if head.startswith(start)), None):
        raise broken("NOT_TEXT", path.name, "a table is text", kind, _EXPORT)
    start = head.lstrip().removeprefix(codecs.BOM_UTF8).lstrip()
    if kind := next((kind for pattern, kind in _NO_TABLE.items() if re.match(pattern, start)), None):
        raise broken("NOT_TEXT", path.name, "a table is text of rows and cells", *kind)
    if head.lstrip()[:9].lower() in (b"<!doctype", b"<html><he") or head.lstrip()[:5].lower() == b"<html":
        raise broken("NOT_TEXT", path.name, "a table is text", "a page of a web site", "download the file itself")
    even, odd = (head[at::2].count(0) / max(len(head) // 2, 1) for at in (0, 1))
    if max(even, odd) > 0.4 and min(even, odd) < 0.05:
        return "utf-16-le" if odd > even else "utf-16-be"
    return {"utf-16": "utf-16", "latin-1": "latin-1"}.get(encoding, "utf-8")
