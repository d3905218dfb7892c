"""What lies where in a table: comment lines, separator, header, and whether the header is short of a name or rows end
in separators. Told by the first lines, and proved of every row when the table is read."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kg.tables.rows import ESCAPED, LITERAL, QUOTED, Form

SEPARATORS = ("\t", ",", ";", "|", " ")
NAMES = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar", " ": "space"}
_GENES = re.compile(r"gene|symbol|ensembl|entrez|transcript|probe|feature|^(id|name|names)$", re.IGNORECASE)
_MEASURED = re.compile(r"basemean|log2?_?fc|log2foldchange|aveexpr|logcpm|^stat$|p_?val|padj", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?|NA|NaN|-?Inf|")
_BLANK = '\t ,;|"'
_END = re.compile(r"!\w*table_end", re.IGNORECASE)
_EXCEL = re.compile(r'"?sep=(.|\\t)"?')
_GCT, _SIZE = "#1.2", re.compile(r"\d+\t\d+\t*")
_MOST_TITLES = 10
_BEFORE = 100_000
"""Lines before a header; a file of many more has none."""


@dataclass(frozen=True)
class Layout:
    """``names``: of the columns, "" where the header has none, of which ``told`` are in the header; ``form``: of the
    rows."""

    names: tuple[str, ...]
    form: Form
    told: int


@dataclass(frozen=True)
class Beginning:
    """The first lines: those before the header, the header and the first row, ``skip`` lines before the latter;
    ``told``: the separator that Excel's own first line names, or ""; ``second``: the row below the first, or ""."""

    header: str
    row: str
    skip: int
    told: str = ""
    second: str = ""


class NoLayoutError(Exception):
    """``code``: EMPTY_TABLE or BAD_ROWS; ``found``: in words; ``fix``: where it is none of every table."""

    def __init__(self, code: str, found: str, fix: str = ""):
        super().__init__(found)
        self.code, self.found, self.fix = code, found, fix


def beginning(blocks: Iterable[bytes]) -> Beginning:
    """Raises NoLayoutError."""
    lines, skip, told, comment = _Lines(blocks), 0, "", ""
    while (line := lines.take()) is not None:
        if not skip and (found := _EXCEL.fullmatch(line)):
            told = "\t" if found[1] == "\\t" else found[1]
        elif line.startswith("#"):
            comment = line
        elif (
            not _is_blank(line)
            and line[0] not in "!^"
            and not (comment == _GCT and _SIZE.fullmatch(line))
            and not _is_title(line, lines)
        ):
            break
        skip += 1
        if skip > _BEFORE:
            raise NoLayoutError("EMPTY_TABLE", f"more than {_BEFORE:,} lines that are not rows before a header")
    if line is None:
        raise NoLayoutError("EMPTY_TABLE", f"{skip} lines that are not rows" if skip else "an empty file")
    header = lines.whole(line)
    after = skip + 1 + header.count("\n")
    rows: list[str] = []
    while len(rows) < 2 and (line := lines.take()) is not None:
        if not _is_blank(line) and not _is_comment(line, header):
            rows.append(lines.whole(line))
        after += not rows
    row, second = (*rows, "", "")[:2]
    if comment and _is_header(comment, header, row):
        return Beginning(comment, header, skip, told, row)
    if not row or _END.match(row):
        raise NoLayoutError("EMPTY_TABLE", "a header and 0 rows")
    return Beginning(header, row, after, told, second)


def layouts(first: Beginning, sep: str | None = None, quotes: str = QUOTED) -> list[Layout]:
    """What the table can be, likeliest first. ``sep``: where it is declared; else told by the header. ``quotes``: what
    they mean.

    Raises NoLayoutError where nothing fits.
    """
    asked = [sep or first.told] if sep or first.told else list(SEPARATORS[:3])
    made = [layout for each in asked for layout in _of(first, each, quotes)]
    if len(asked) > 1 and any(len(cells(line, each)) > 1 for each in asked for line in (first.header, first.row)):
        made = [layout for layout in made if layout.form.width > 1]
    if len(asked) > 1 and not any(layout.form.width > 1 for layout in made):
        made += [layout for each in SEPARATORS[3:] for layout in _of(first, each, quotes) if layout.form.width > 1]
    if len(asked) > 1 and all(layout.form.width == 1 for layout in made) and (padded := _padded(first)):
        raise NoLayoutError(
            "BAD_ROWS",
            padded,
            "write it with a tab or a comma between cells: columns aligned by spaces cannot be separated reliably",
        )
    if not made:
        counted = {each: (len(cells(first.header, each)), len(cells(first.row, each))) for each in asked}
        best = max(counted, key=lambda each: max(counted[each]))
        names, found = counted[best]
        raise NoLayoutError(
            "BAD_ROWS",
            f"{names} names in the header and {found} cells in line {first.skip + 1} (by {NAMES.get(best, best)})",
        )
    made = sorted(made, key=lambda layout: -layout.told)
    if has_no_header(made[0], cells(first.row, made[0].form.sep, quotes)):
        found = f"{', '.join(map(repr, made[0].names[:6]))} in its place"
        raise NoLayoutError("BAD_ROWS", found, "write a line with the names of the columns above the first row")
    return made


def cells(line: str, sep: str, quotes: str = QUOTED) -> list[str]:
    line = line.replace('\\"', '""') if quotes == ESCAPED else line
    how = csv.QUOTE_NONE if quotes == LITERAL else csv.QUOTE_MINIMAL
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=sep, quoting=how), [])]
    except csv.Error:
        return [cell.strip() for cell in line.split(sep)]


def _of(first: Beginning, sep: str, quotes: str) -> Iterator[Layout]:
    names, row, below = (cells(line, sep, quotes) for line in (first.header, first.row, first.second))
    short = len(row) - len(names)
    form = Form(sep, first.skip, len(row), 0, quotes)
    if short == 0:
        yield Layout(tuple(names), form, len(names))
    elif short < 0 and not any(names[short:]):
        yield Layout(tuple(names[:short]), form, len(row))
    elif short > 0:
        trailing = not any(row[-short:])
        if trailing and not (short == 1 and _MEASURED.search(names[0]) and not _NUMBER.fullmatch(row[0])):
            yield Layout((*names, *[""] * short), replace(form, empty=short), len(names))
        if short == 1 and _has_row_names(names, row, below):
            yield Layout(("", *names), form, len(names))


def has_no_header(layout: Layout, row: list[str]) -> bool:
    """Whether measurements stand where names are due, in each column that has numbers; a first name such as ``gene``
    speaks against it, as samples may be named by numbers."""
    if layout.told != layout.form.width or not layout.names[0] or _GENES.search(layout.names[0]):
        return False
    at = [at for at, cell in enumerate(row) if cell and _NUMBER.fullmatch(cell)]
    names = [layout.names[each] for each in at if each < len(layout.names)]
    return (
        bool(names)
        and all(_NUMBER.fullmatch(name) for name in names)
        and any(re.search(r"^-|[.,eE]", name) for name in names)
    )


def _padded(first: Beginning) -> str:
    """What is found where columns stand under each other by runs of spaces; else ""."""
    names, row = first.header.split(), first.row.split()
    runs = all("  " in line.strip() for line in (first.header, first.row))
    return (
        f"columns that are padded with spaces: {', '.join(names[:6])}"
        if runs and len(row) - len(names) in (0, 1) and len(names) > 1
        else ""
    )


def _has_row_names(names: list[str], row: list[str], below: list[str]) -> bool:
    """Whether rows that are one longer begin with a name: not where the column of genes would get numbers (a number has
    the separator in it), nor where the first row is the header and what stands above it a title."""
    if _GENES.search(names[0]) and _NUMBER.fullmatch(row[1]) and not _NUMBER.fullmatch(row[0]):
        return False
    has_numbers = [any(cell and _NUMBER.fullmatch(cell) for cell in each) for each in (row, below)]
    return has_numbers[0] or not has_numbers[1]


def _is_header(comment: str, line: str, row: str) -> bool:
    """A header that begins with #: below it is a row with numbers, and no names."""
    for sep in SEPARATORS[:3]:
        names, first, second = (cells(each, sep) for each in (comment, line, row))
        if (
            len(names) < 2
            or len(first) not in (len(names), len(names) + 1)
            or first[0] == ""
            or (row and len(second) != len(first))
        ):
            continue
        if (sep == "\t" or not comment.startswith("# ")) and not _GENES.search(first[0]):
            return any(cell and _NUMBER.fullmatch(cell) for cell in first) and not any(
                _NUMBER.fullmatch(name) for name in names
            )
    return False


def _is_title(line: str, lines: "_Lines") -> bool:
    """A line of one cell above a header of several names, whose table has numbers."""
    if _filled(line) > 1:
        return False
    below = [each for each in lines.ahead(_MOST_TITLES + 2) if not _is_blank(each)]
    at = next((at for at, each in enumerate(below) if _filled(each) > 1), len(below))
    if at + 1 >= len(below):
        return False
    sep = max(SEPARATORS[:3], key=lambda each: len(cells(below[at], each)))
    names, row = cells(below[at], sep), cells(below[at + 1], sep)
    has_names = len(names) > 2 and all(names[1:]) and not any(_NUMBER.fullmatch(name) for name in names if name)
    return has_names and len(row) - len(names) in (0, 1) and any(cell and _NUMBER.fullmatch(cell) for cell in row)


def _filled(line: str) -> int:
    return max(sum(map(bool, cells(line, sep))) for sep in SEPARATORS[:3])


def _is_blank(line: str) -> bool:
    return not line.strip(_BLANK) and line.count('"') % 2 == 0


def _is_comment(line: str, header: str) -> bool:
    lengths = ((len(cells(header, sep)), len(cells(line, sep))) for sep in SEPARATORS[:3])
    return line.startswith("#") and not any(names == found > 1 for names, found in lengths)


class _Lines:
    """Lines one by one, of which some can be given back."""

    def __init__(self, blocks: Iterable[bytes]):
        self._lines, self._back = _lines(blocks), []

    def take(self) -> str | None:
        return self._back.pop() if self._back else next(self._lines, None)

    def ahead(self, most: int) -> list[str]:
        """The lines that come next, given back."""
        made = []
        while len(made) < most and (line := self.take()) is not None:
            made.append(line)
        self._back += made[::-1]
        return made

    def whole(self, line: str, most: int = 20) -> str:
        """A line with those below it that a quote joins to it."""
        made, below = line, []
        while made.count('"') % 2 and len(below) < most and (more := self.take()) is not None:
            below.append(more)
            made += "\n" + more
        if made.count('"') % 2 == 0:
            return made
        self._back += below[::-1]
        return line


def _lines(blocks: Iterable[bytes]) -> Iterator[str]:
    kept = b""
    for block in blocks:
        *whole, kept = (kept + block).split(b"\n")
        yield from (line.decode() for line in whole)
    if kept:
        yield kept.decode()
