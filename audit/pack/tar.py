r"""One file of many, in the smallest part of POSIX ustar: for each member there is exactly one header, byte for byte.

    name        100  of [A-Za-z0-9._/-], no part empty, "." or "..", not two that differ in case only
    mode          8  "0000644\0"      uid, gid     8 each  "0000000\0"
    size         12  11 octal digits and NUL                mtime  12  "00000000000\0"
    checksum      8  6 octal digits, NUL, space             type    1  "0"           linkname  100  zeros
    magic         8  "ustar\0" "00"   uname, gname, devmajor, devminor, prefix, rest: zeros

After each content zeros up to the next 512 bytes, after the last member two blocks of zeros, and behind them nothing.
Whatever differs from that in one bit is refused, so that no two readers can see different things in one file, and
nothing can be hidden in it. Nothing is ever extracted: a member is a range of the file. Only the standard library.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO, Protocol

BLOCK = 512
END = bytes(2 * BLOCK)
MAX_MEMBER = 8**11 - 1
"""Bytes of a member: what the header has digits for."""
MAX_MEMBERS = 100_000
_CHUNK = 1024 * 1024
_LONGEST_NAME = 100
_SIZE_AT, _CHECKSUM_AT = 124, 148
_is_name = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*").fullmatch


class Out(Protocol):
    """What is written to."""

    def write(self, piece: bytes, /) -> int:
        """Write a piece."""


class MalformedTar(ValueError):
    """Not such a file. `at` is the byte from which on it is none."""

    def __init__(self, at: int, what: str) -> None:
        super().__init__(f"byte {at}: {what}")
        self.at = at
        self.what = what


@dataclass(frozen=True, slots=True)
class Range:
    """Where a member's content lies."""

    offset: int
    size: int


def header(name: str, size: int) -> bytes:
    """Return the one header of a member; raises ValueError for what can have none."""
    if len(name) > _LONGEST_NAME or _is_name(name) is None:
        raise ValueError(f"no member can have the name {name!r}")
    if not 0 <= size <= MAX_MEMBER:
        raise ValueError(f"{name} is too large for this form: {size} bytes of {MAX_MEMBER} at most")
    before = name.encode().ljust(_LONGEST_NAME, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size
    before += b"00000000000\0"
    after = b"0".ljust(101, b"\0") + b"ustar\0" + b"00"
    after = after.ljust(BLOCK - len(before) - 8, b"\0")
    checksum = sum(before) + sum(after) + 8 * ord(" ")
    return before + b"%06o\0 " % checksum + after


def padding(size: int) -> bytes:
    """Return the zeros behind a content of so many bytes."""
    return bytes(-size % BLOCK)


def write(file: Out, members: Iterable[tuple[str, int, Iterable[bytes]]]) -> None:
    """Write members, each with its name, its size and its content in pieces; raises ValueError where these differ."""
    for name, size, pieces in members:
        file.write(header(name, size))
        written = 0
        for piece in pieces:
            file.write(piece)
            written += len(piece)
        if written != size:
            raise ValueError(f"{name} has {written} bytes, and {size} were announced")
        file.write(padding(size))
    file.write(END)


def read(file: BinaryIO) -> Mapping[str, Range]:
    """Return where each member lies, in their order; raises MalformedTar at the first byte that ought to be another."""
    end = file.seek(0, os.SEEK_END)
    found: dict[str, Range] = {}
    folded: set[str] = set()
    at = 0
    while True:
        block = _piece(file, at, BLOCK)
        if not any(block):
            break
        name, size = _named(block, at)
        if header(name, size) != block:
            raise MalformedTar(at, "a header that is not the one of its name and size")
        if name.lower() in folded:
            raise MalformedTar(at, "a name that stands there twice, or in other case")
        if len(found) == MAX_MEMBERS:
            raise MalformedTar(at, f"more than {MAX_MEMBERS} members")
        start, behind = at + BLOCK, at + BLOCK + size + -size % BLOCK
        if behind > end:
            raise MalformedTar(at, "its content is longer than the file")
        if any(_piece(file, start + size, behind - start - size)):
            raise MalformedTar(start + size, "something else than zeros behind a content")
        found[name], at = Range(start, size), behind
        folded.add(name.lower())
    if any(_piece(file, at, len(END))):
        raise MalformedTar(at, "one block of zeros does not end it")
    if end != at + len(END):
        raise MalformedTar(at + len(END), "something lies behind the end")
    return found


def _named(block: bytes, at: int) -> tuple[str, int]:
    """Read a name and a size that a header could be made of."""
    name = block[:_LONGEST_NAME].rstrip(b"\0").decode("latin-1")
    digits = re.fullmatch(rb"([0-7]{11})\0", block[_SIZE_AT : _SIZE_AT + 12])
    if _is_name(name) is None:
        raise MalformedTar(at, "a name that no member can have")
    if digits is None:
        raise MalformedTar(at, "a size that is none")
    return name, int(digits[1], 8)


def _piece(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    piece = file.read(size)
    if len(piece) != size:
        raise MalformedTar(at, "it ends before its end")
    return piece


class _Content(RawIOBase):
    """One member, read by its own place in the file: several can be read side by side."""

    def __init__(self, descriptor: int, where: Range) -> None:
        self._descriptor, self._where, self._at = descriptor, where, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._where.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        view, left = memoryview(buffer).cast("B"), max(0, self._where.size - self._at)
        os.lseek(self._descriptor, self._where.offset + self._at, os.SEEK_SET)  # not every system has pread
        piece = os.read(self._descriptor, min(len(view), left))
        if left and len(view) and not piece:
            raise OSError("the file has become shorter")
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def content(descriptor: int, where: Range) -> BinaryIO:
    """Open a member of an open file for reading; closing it leaves the file open."""
    return BufferedReader(_Content(descriptor, where), 128 * 1024)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield a content piece by piece."""
    while piece := file.read(_CHUNK):
        yield piece
