"""A file: one JSON object a line, opened for each message, so that moving the file away is enough to rotate it.

It is no symbolic link, which whoever may write the folder could point at a file that others trust.

Writing happens in a thread, for a disk may hang. It is a thread of its own that nobody has to wait for: not another
request, and not the end of the process.
"""

import asyncio
import concurrent.futures
import errno
import os
import stat
import threading
from pathlib import Path

from proxy.notify.channels import File as Target
from proxy.notify.delivery import Note, Undelivered

MODE = 0o600
WHY = {
    errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EFBIG: "full", errno.EACCES: "denied", errno.EPERM: "denied",
    errno.EROFS: "denied", errno.ENOENT: "no_folder", errno.ENOTDIR: "no_folder", errno.EISDIR: "no_file",
    errno.ELOOP: "no_file",
}  # fmt: skip


class File:
    """Appends to one file, made with mode 0600 if it is not there."""

    def __init__(self, target: Target) -> None:
        self._path = target.path
        self._writing: concurrent.futures.Future[None] | None = None

    async def deliver(self, note: Note) -> None:
        """Append one line, or nothing of it. No second write begins while one hangs."""
        if self._writing is not None and not self._writing.done():
            raise Undelivered("timeout")
        self._writing = concurrent.futures.Future()
        threading.Thread(target=_settle, args=(self._writing, self._path, note.text), daemon=True).start()
        try:
            await asyncio.shield(asyncio.wrap_future(self._writing))
        except OSError as error:
            raise Undelivered(WHY.get(error.errno or 0, "io")) from None

    async def close(self) -> None:
        """Do nothing: no file is kept open."""


def append(path: Path, text: bytes) -> None:
    """Append a line in one write; what a full disk took of it is taken back. Raises OSError."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW
    made = os.open(path, flags, MODE)
    try:
        before = os.fstat(made)
        line = text + b"\n"
        written = os.write(made, line)
        if written < len(line):
            if stat.S_ISREG(before.st_mode):
                os.ftruncate(made, before.st_size)
            raise OSError(errno.ENOSPC, "not written whole")
    finally:
        os.close(made)


def _settle(done: concurrent.futures.Future[None], path: Path, text: bytes) -> None:
    try:
        append(path, text)
    except Exception as error:  # noqa: BLE001 - handed on to who waits
        done.set_exception(error)
    else:
        done.set_result(None)
