"""The tables of a text, read once for all that ask: CSV, TSV, Markdown, what database clients print, SQL's INSERT.

A value in a table has its context in the head of its column, hundreds of lines away. A table here is nothing but
lines that follow each other and are cut into as many cells each; which of them holds the heads, the reader says.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Generic, NamedTuple, TypeVar

Said = TypeVar("Said")
Choose = Callable[[list[str]], Mapping[int, Said]]
"""Says which columns of a line of heads are wanted, and what they are."""

DELIMITERS = "\t|;,"
MAX_LINE, MAX_COLUMNS, MAX_HEAD, MAX_WORDS = 4000, 120, 48, 6
"""Characters and cells of a line, characters and words of a head: what has more is none."""
_RULE = re.compile(r"\s*[|:+=-][\s|:+=-]*")
_QUOTED, _SQL_QUOTED = re.compile(r'"[^"\n]*"'), re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_EDGES = " \t\r\"'`*"
_LONG_NUMBER = re.compile(r"[0-9]{4}|[0-9][-./ ][0-9]")
_INSERT = re.compile(r"\binsert\s+into\s+[^\s(]+\s*\(([^()]{1,2000})\)\s*values\b", re.IGNORECASE)
_INSERTED = re.compile(r";[ \t\r]*(?:\n|\Z)|\n[ \t\r]*\n|\Z")


class Cell(NamedTuple, Generic[Said]):
    """The trimmed content of one cell, and what its column is."""

    column: Said
    start: int
    end: int


class Statement(NamedTuple):
    """An INSERT: the names of its columns, and where its rows stand."""

    heads: list[str]
    start: int
    end: int


class Grid:
    """Lines of a text that are cut into as many cells each, without the rules between them."""

    def __init__(self, text: str, delimiter: str, lines: list[tuple[int, int]]) -> None:
        self.text = text
        self.delimiter = delimiter
        self.lines = lines

    def spans(self, number: int) -> list[tuple[int, int]]:
        """Return where the trimmed content of each cell of a line stands."""
        first, end = self.lines[number]
        found = []
        for cell in _bare(self.text[first:end]).split(self.delimiter):
            start, last = first, first + len(cell)
            first = last + 1
            while start < last and self.text[start] in _EDGES:
                start += 1
            while last > start and self.text[last - 1] in _EDGES:
                last -= 1
            found.append((start, last))
        return found

    def titles(self, number: int) -> list[str]:
        """Return the cells of a line if they are short enough for heads, else none."""
        found = [self.text[start:end] for start, end in self.spans(number)]
        return found if all(len(title) <= MAX_HEAD and title.count(" ") < MAX_WORDS for title in found) else []

    @cached_property
    def heads(self) -> tuple[int, list[str]]:
        """The first line that can be one of heads, whatever they are, and its cells.

        Prose with commas looks like a table now and then: heads have no long numbers, and two are not enough where
        commas part them.
        """
        for number, (start, end) in enumerate(self.lines):
            line = self.text[start:end]
            prose = self.delimiter in ",;" and line.count(self.delimiter) == 1 and " " in line
            titles = [] if prose or _LONG_NUMBER.search(line) else self.titles(number)
            if sum(map(bool, titles)) > 1:
                return number, titles
        return len(self.lines), []

    def head(self, offset: int) -> str | None:
        """Return the head above an offset."""
        number = bisect_right(self.lines, offset, key=lambda line: line[0]) - 1
        start, end = self.lines[number]
        if offset >= end or number <= self.heads[0]:
            return None
        return self.heads[1][_bare(self.text[start:end]).count(self.delimiter, 0, offset - start)] or None


def cells(text: str, choose: Choose[Said]) -> Iterator[Cell[Said]]:
    """Yield the cells of every table that stand below the first line in which some heads are wanted, row by row."""
    for grid in grids(text):
        wanted: Mapping[int, Said] = {}
        for number in range(len(grid.lines)):
            if wanted:
                spans = grid.spans(number)
                yield from (Cell(said, *spans[at]) for at, said in wanted.items() if spans[at][0] < spans[at][1])
            else:
                wanted = choose(grid.titles(number))


def titled(pattern: re.Pattern[str]) -> Choose[str]:
    """Want the columns whose head a pattern matches in full."""
    return lambda titles: {at: title for at, title in enumerate(titles) if pattern.fullmatch(title)}


def head(text: str, offset: int) -> str | None:
    """Return the head of the column that an offset lies in; None outside of tables or where the head is empty."""
    for heads, start, end in inserts(text):
        if start <= offset < end:
            row = text[max(start, text.rfind("(", start, offset) + 1, offset - MAX_LINE) : offset]
            column = _bare(row, _SQL_QUOTED).count(",")
            return heads[column] or None if column < len(heads) else None
    found = grids(text)
    at = bisect_right(found, offset, key=lambda grid: grid.lines[0][0]) - 1
    return found[at].head(offset) if at >= 0 else None


@lru_cache(maxsize=2)
def inserts(text: str) -> list[Statement]:
    """Return the INSERT statements of a text; one ends at a semicolon that ends its line, or before an empty line."""
    found = list(_INSERT.finditer(text)) if "nsert" in text or "NSERT" in text else []
    ends = [*(statement.start() for statement in found), len(text)][1:]
    made = []
    for statement, end in zip(found, ends, strict=True):
        stop = _INSERTED.search(text, statement.end(), end)
        heads = [name.strip(" \n\"'`[]") for name in statement[1].split(",")]
        made.append(Statement(heads, statement.end(), stop.start() if stop else end))
    return made


@lru_cache(maxsize=2)
def grids(text: str) -> list[Grid]:
    """Return the tables of a text in order. Several readers ask for the same text one after the other."""
    found: list[Grid] = []
    delimiter, count = "", 0
    before, last, start = "", (0, 0), 0
    for line in text.split("\n") if "\n" in text else ():
        end = start + len(line)
        bare = _bare(line) if len(line) <= MAX_LINE else ""
        if _RULE.fullmatch(bare):
            start = end + 1
            continue
        if delimiter and bare.count(delimiter) == count:
            found[-1].lines.append((start, end))
        elif delimiter:
            delimiter = ""
        elif delimiter := _delimiter(before, bare):
            count = bare.count(delimiter)
            found.append(Grid(text, delimiter, [last, (start, end)]))
        before, last, start = bare, (start, end), end + 1
    return found


def _delimiter(line: str, following: str) -> str:
    """Return what cuts two lines into as many cells, the first not into empty ones; nothing where nothing does."""
    for delimiter in DELIMITERS:
        count = line.count(delimiter)
        if 0 < count < MAX_COLUMNS and following.count(delimiter) == count:
            filled = sum(bool(cell.strip()) for cell in line.split(delimiter))
            if filled > 1 or (filled and delimiter == "|" and count > 1):
                return delimiter
    return ""


def _bare(line: str, quoted: re.Pattern[str] = _QUOTED) -> str:
    """Return a line, as long as it is, without what stands in quotes: a delimiter there cuts nothing."""
    return quoted.sub(lambda found: "_" * len(found[0]), line) if '"' in line or "'" in line else line
