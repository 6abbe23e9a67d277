"""What is wrong with a file, where exactly, and what to do: the only thing a reader of such files ever sees.

A message never repeats a value from the file unless it looks like a name: a secret pasted into the wrong place
must not travel on into a log or a readiness page.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from proxy.errors import ConfigurationError

_NAME_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}\Z")


class Located(Protocol):
    """Anything that knows its place in a file; lines and columns count from 1."""

    @property
    def file(self) -> str:
        """The file's name, without its folder."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def col(self) -> int:
        """The column in characters, from 1."""

    @property
    def width(self) -> int:
        """How many characters of that line are meant."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that outlives the text it was read from."""

    file: str
    line: int
    col: int
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding of the loader; `code` is stable and has a documented page."""

    file: str
    line: int
    col: int
    code: str
    message: str
    severity: Literal["error", "warning"] = "error"
    hint: str = ""
    width: int = 1

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.col}: {self.severity}[{self.code}] {self.message}{hint}"


class FileRefused(ConfigurationError):
    """A file that people write is refused, and all that belongs to it; nothing of it is used."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        errors = [found for found in self.diagnostics if found.severity == "error"]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0] if errors else 'refused'}{more}")

    def said(self) -> str:
        """Return every error, a line each."""
        return (
            "".join(f"ringfence: {error}\n" for error in self.diagnostics if error.severity == "error")
            or super().said()
        )


class Problems:
    """Collects diagnostics, so that one run finds all mistakes."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def error(self, at: Located, code: str, message: str, hint: str = "") -> None:
        """Note something that keeps the files from being used."""
        self._found.append(Diagnostic(at.file, at.line, at.col, code, message, "error", hint, at.width))

    def warning(self, at: Located, code: str, message: str, hint: str = "") -> None:
        """Note something that a person should look at."""
        self._found.append(Diagnostic(at.file, at.line, at.col, code, message, "warning", hint, at.width))

    def add(self, found: Iterable[Diagnostic]) -> None:
        """Take over the diagnostics of another run."""
        self._found.extend(found)

    def tolerate(self, codes: frozenset[str]) -> None:
        """Turn errors of these codes into warnings."""
        self._found = [replace(found, severity="warning") if found.code in codes else found for found in self._found]

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """Everything found, by place in the files, each once."""
        return tuple(sorted(dict.fromkeys(self._found), key=lambda d: (d.file, d.line, d.col, d.code, d.message)))

    @property
    def failed(self) -> bool:
        """Whether any error was found."""
        return any(found.severity == "error" for found in self._found)

    def check(self) -> None:
        """Raise FileRefused if any error was found."""
        if self.failed:
            raise FileRefused(self.found)


def shown(text: str) -> str:
    """Return `text` quoted if it looks like a name, and a neutral word for it otherwise."""
    return f"'{text}'" if _NAME_LIKE.match(text) else "this"


def nearest(text: str, known: Iterable[str]) -> str:
    """Return the known word that this was probably meant to be, or nothing."""
    return next(iter(difflib.get_close_matches(text[:64], sorted(known), n=1, cutoff=0.6)), "")


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known word, or all of a few; empty when that would not help."""
    words = sorted(known)
    near = nearest(text, words)
    if near:
        return f"did you mean '{near}'?"
    few = 8
    return f"known here: {', '.join(words)}" if 0 < len(words) <= few else ""
