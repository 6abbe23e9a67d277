"""What a disk holds after the power was cut: all that was synced, and of the rest whatever the worst case likes.

Fed with the calls of a process that was watched, in their order. A sync that failed gives no second chance: the kernel
takes the pages for clean, and what they held is never written (as Linux does since "fsyncgate").
"""

import random
from dataclasses import dataclass, field
from pathlib import Path

from watched import Call

SECTOR = 512


@dataclass
class _File:
    durable: bytes = b""
    pending: list[Call] = field(default_factory=list)

    def image(self, survives: random.Random | None) -> bytes:
        """Return the content: of what was not synced nothing is there, or any sectors of it."""
        made = bytearray(self.durable)
        for call in self.pending if survives is not None else ():
            if call.kind == "truncate" and survives.random() < 0.5:
                _resize(made, call.offset)
            for at in range(0, len(call.data), SECTOR):
                if survives.random() < 0.5:
                    _put(made, call.offset + at, call.data[at : at + SECTOR])
        return bytes(made)


class Disk:
    """Files below one folder. Folders themselves are there as soon as they were made."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._named: dict[str, _File] = {}
        for path in root.rglob("*"):
            if path.is_file():
                self._named[str(path)] = _File(path.read_bytes())
        self._durable = dict(self._named)
        self._moved: list[tuple[str, str]] = []

    def take(self, call: Call, *, failed: bool = False) -> None:
        """Take in the next call."""
        file = self._named.get(call.path.removesuffix(" (deleted)"))
        if call.kind == "sync":
            self._sync(call.path, file, failed=failed)
        elif failed or call.kind == "say":
            return
        elif call.kind == "create":
            self._named.setdefault(call.path, _File())
        elif call.kind == "unlink":
            self._named.pop(call.path, None)
        elif call.kind in ("rename", "link") and file is not None:
            self._named[call.to] = file
            if call.kind == "rename":
                del self._named[call.path]
        elif file is not None:
            file.pending.append(call)
        elif call.kind == "rename":  # of a folder
            self._named = _below(self._named, call.path, call.to)
            self._moved.append((call.path, call.to))

    def _sync(self, path: str, file: _File | None, *, failed: bool) -> None:
        if file is not None:
            if not failed:
                file.durable = _applied(file)
            file.pending.clear()
        elif not failed:
            for old, new in self._moved:
                if str(Path(new).parent) == path:
                    self._durable = _below(self._durable, old, new)
            inside = {name for name in {*self._named, *self._durable} if str(Path(name).parent) == path}
            self._durable = {name: one for name, one in self._durable.items() if name not in inside}
            self._durable |= {name: self._named[name] for name in inside & self._named.keys()}

    def save(self, to: Path, survives: random.Random | None = None) -> None:
        """Write what the disk holds into another folder; with a generator, some of what was never synced as well."""
        names = self._named if survives is not None and survives.random() < 0.5 else self._durable
        for name, file in names.items():
            if not name.endswith("-shm"):  # shared memory is of one life of the machine
                path = to / Path(name).relative_to(self._root)
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.write_bytes(file.image(survives))
                path.chmod(0o600)


def _below(files: dict[str, _File], old: str, new: str) -> dict[str, _File]:
    """Give what lies in one folder the names that it has in another."""
    return {f"{new}{name[len(old) :]}" if name.startswith(f"{old}/") else name: one for name, one in files.items()}


def _applied(file: _File) -> bytes:
    made = bytearray(file.durable)
    for call in file.pending:
        if call.kind == "truncate":
            _resize(made, call.offset)
        else:
            _put(made, call.offset, call.data)
    return bytes(made)


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))


def _put(content: bytearray, at: int, data: bytes) -> None:
    _resize(content, max(len(content), at + len(data)))
    content[at : at + len(data)] = data
