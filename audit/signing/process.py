"""The signer's process: reads the log over a connection that cannot write, and hands what it signed to the server.

    python -m audit.signing.process --keys DIR --state DIR --admin SOCKET [--tell SOCKET]... [flags of keepers] [--once]

The log is named by the environment's RINGFENCE_AUDIT_URL, for the name may hold a password. A checkpoint is due every
ten seconds, or sooner after a thousand records, or where somebody asks the server for one; the manifest of a pack is
signed when one waits at the server. What was signed is first in the state file and then handed over, so that a crash
between the two only repeats the handing over. A log that is refused is looked at again every ten seconds, and the
server is told each time: that it hears nothing is a sign, too. At the end, when no server is left, the last checkpoint
is stored by this process.
"""

import argparse
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from audit.anchors.anchored import Anchored, Sparing
from audit.anchors.keepers import Outside
from audit.anchors.lagging import LAGGING, Lagging
from audit.errors import AuditError, AuditLocked, AuditMismatch, AuditUnavailable, RecordRefused
from audit.keys import read_signers
from audit.place import Place, Postgres, place_of
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.signing import statements
from audit.signing.signer import CheckpointSigner, Refused, StateFile
from audit.sources.postgres import open_source
from audit.sources.source import Source

LOG = "RINGFENCE_AUDIT_URL"
POLL_S = 1.0
EVERY_S = 10.0
EVERY_RECORDS = 1000
AT_ONCE = 1000
"""Checkpoints that an anchor is given in one round."""
ANSWER_WITHIN_S = 15.0
LAST_WITHIN_S = 5.0
"""What anchors may take for the last head, all of them together, before the process ends."""
EX_REFUSED, EX_MISUSED = 3, 2


class Desk(Protocol):
    """Who stores checkpoints and is told how the signing goes."""

    def store(self, note: bytes, *, last: bool) -> bool:
        """Store a note, or find that it need not be; False where nobody could, and it has to be offered again.

        Only with `last` may it be stored without a server: the lock that this takes is the server's, at its start too.
        """

    def report(self, refused: str | None, seq: int | None, anchors: Mapping[str, int]) -> None:
        """Tell how it goes: None, or the code of a refusal and its place; for how many seconds each anchor lags."""

    def wanted(self) -> bool:
        """Whether somebody has asked for a checkpoint since the last time: an export ends at one."""

    def statement(self) -> str | None:
        """Return the statement of a pack's manifest that waits to be signed."""

    def stated(self, text: str, note: bytes | None) -> None:
        """Hand over what was made of it; None where it is not signed."""


@dataclass(frozen=True, slots=True)
class Server:
    """The running server, over its admin socket; without one, the store itself."""

    socket: Path
    place: Place
    others: tuple[Path, ...] = ()
    """Of servers that only hear how the signing goes."""

    def store(self, note: bytes, *, last: bool) -> bool:
        """Store a note."""
        answer = self._ask("checkpoint.store", note=note.decode())
        if answer is None:
            return last and self._store_here(note)
        return "ok" in answer

    def report(self, refused: str | None, seq: int | None, anchors: Mapping[str, int]) -> None:
        """Tell how it goes, if there is anybody to tell."""
        said = {"refused": refused, "seq": seq}
        given = {name: value for name, value in said.items() if value is not None}
        for path in (self.socket, *self.others):
            self._ask("checkpoint.report", path, anchors=dict(anchors), **given)

    def wanted(self) -> bool:
        """Whether somebody has asked the server for a checkpoint."""
        return bool((self._ask("checkpoint.wanted") or {}).get("ok", {}).get("wanted"))

    def statement(self) -> str | None:
        """Return the statement of a pack's manifest that waits to be signed."""
        text = (self._ask("manifest.asked") or {}).get("ok", {}).get("text")
        return text if isinstance(text, str) else None

    def stated(self, text: str, note: bytes | None) -> None:
        """Hand over what was made of it."""
        self._ask("manifest.signed", text=text, note=(note or b"").decode())

    def receipt(self, anchor: str, note: bytes) -> bool:
        """Hand over what a witness cosigned, to be recorded; False where nobody can do it now."""
        return "ok" in (self._ask("anchor.receipt", anchor=anchor, note=note.decode()) or {})

    def _ask(self, op: str, path: Path | None = None, **arguments: Any) -> dict[str, Any] | None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_WITHIN_S)
            try:
                connection.connect(str(path or self.socket))
            except (FileNotFoundError, ConnectionRefusedError):
                return None
            try:
                connection.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
                answer: dict[str, Any] = json.loads(connection.makefile("rb").readline() or b"{}")
            except (OSError, ValueError):
                return {}
        return answer

    def _store_here(self, note: bytes) -> bool:
        from audit.opening import FileLock  # noqa: PLC0415 - knows the migrations, which only the end of a server needs
        from audit.stores.store_postgres import PostgresStore  # noqa: PLC0415
        from audit.stores.store_sqlite import SqliteStore  # noqa: PLC0415

        size = Checkpoint.of(Note.decode(note)).size
        try:
            if isinstance(self.place, Postgres):
                with closing(PostgresStore(self.place, "", ANSWER_WITHIN_S)) as shared:
                    shared.put_checkpoint(size, note)
                return True
            lock = FileLock(self.place.with_name(self.place.name + ".lock"))
            try:
                with closing(SqliteStore(self.place, 1000)) as store:
                    store.put_checkpoint(size, note)
            finally:
                lock.release()
        except RecordRefused:
            return True  # what is stored is newer
        except AuditError:
            return False
        return True


class Rounds:
    """Signs when it is time to, hands over what the store does not have, and says what is wrong."""

    def __init__(
        self,
        signer: CheckpointSigner,
        source: Callable[[], Source],
        desk: Desk,
        anchors: Sequence[Anchored] = (),
        clock: Callable[[], float] = time.monotonic,
        *,
        lagging: Lagging | None = None,
    ) -> None:
        self._signer, self._source, self._desk, self._clock = signer, source, desk, clock
        self._anchors, self._lagging = anchors, lagging
        self._failing: dict[str, str] = {}
        self._last: float | None = None
        self.refused: Refused | None = None
        self.unavailable = ""
        self._said = False

    def turn(self, *, last: bool = False) -> None:
        """Look at the log, and do what is due; the last time, whether it is or not."""
        at = self._clock()
        due = last or self._last is None or at - self._last >= EVERY_S
        try:
            with closing(self._source()) as source:
                many = self.refused is None and source.claim().size - self._signer.size() >= EVERY_RECORDS
                if not due and not many and not self._desk.wanted():
                    return
                self._last = at
                self._signer.sign(source)
                note = self._not_stored(source)
            if note is not None:  # no reader is open any more: the last to close a file carries everything into it
                self._desk.store(note, last=last)
            self._bring_up()
        except Refused as refused:
            self._refuse(refused)
        except AuditMismatch as error:
            self._refuse(Refused("MISMATCH", None, str(error)))
        except AuditUnavailable as error:
            self._last = at
            self._say(f"the log cannot be read: {error.reason}")
        except OSError as error:
            self._say(f"the signer's directory cannot be written: {error.strerror}")
        else:
            self.refused, self.unavailable = None, ""
            self._report()

    def answer(self) -> None:
        """Sign a manifest that waits, if there is one; none, while the log is refused."""
        text = self._desk.statement()
        if text is not None:
            note = None
            with suppress(AuditMismatch):  # a key that cannot be read now: the next turn says so
                note = None if self.refused is not None else statements.sign(text, *self._signer.state_of_keys())
            self._desk.stated(text, note)

    def _not_stored(self, source: Source) -> bytes | None:
        """Return the newest note until it is stored: the process may have ended between the signing and that."""
        state, newest = self._signer.state, source.newest_checkpoint()
        missing = state is not None and state.size and (newest is None or newest.size < state.size)
        return state.note if state is not None and missing else None

    def _refuse(self, refused: Refused) -> None:
        if self.refused is None or str(self.refused) != str(refused):
            sys.stderr.write(f"ringfence signer: REFUSED {refused}; no checkpoint is signed until this is settled\n")
        self.refused = refused
        self._report()

    def _report(self) -> None:
        code, seq = (None, None) if self.refused is None else (self.refused.code, self.refused.seq)
        ages = {anchor.name: int(anchor.age()) for anchor in self._anchors}
        if self._lagging is not None:
            self._lagging.note(ages)
        for anchor in self._anchors:
            if anchor.failing and anchor.failing != self._failing.get(anchor.name):
                sys.stderr.write(f"ringfence signer: the anchor {anchor.name} fails: {anchor.failing}\n")
            self._failing[anchor.name] = anchor.failing
        self._desk.report(code, seq, ages)

    def _bring_up(self) -> None:
        """Give each anchor the stored checkpoints that it lacks. What was not stored is no head yet."""
        for anchor in self._anchors:
            above = anchor.lacks()
            if above is not None:
                with closing(self._source()) as source:
                    newest = source.newest_checkpoint()
                    if anchor.every:
                        stored = source.checkpoints(above, AT_ONCE)
                    else:
                        stored = [newest] if newest is not None and newest.size > above else []
                anchor.offer([one.note for one in stored], ahead=newest is not None and above > newest.size)

    def _say(self, why: str) -> None:
        if why == self.unavailable and not self._said:  # once is no news: a log that begins has no head yet
            sys.stderr.write(f"ringfence signer: {why}; it is tried again\n")
        self._said, self.unavailable = why == self.unavailable, why


def main(argv: Sequence[str] | None = None) -> int:
    """Sign until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m audit.signing", parents=[Outside.flags()])
    for name in ("--keys", "--state", "--admin"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--tell", type=Path, action="append", default=[])
    parser.add_argument("--once", action="store_true")
    given = parser.parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # one that came before waits in the kernel
    try:
        place = place_of(os.environ.get(LOG, ""))
        server = Server(given.admin, place, tuple(given.tell))
        state, lagging = StateFile(given.state), Lagging(given.state / LAGGING)
        keepers = Outside.of(given).keepers(place, given.keys, given.state, server.receipt)
        anchors = [Anchored(name, keeper, behind_s=lagging.age(name)) for name, keeper in keepers.items()]
        signer = CheckpointSigner(state, lambda: read_signers(given.keys), anchors)
    except (AuditLocked, AuditMismatch) as error:
        sys.stderr.write(f"ringfence signer: {error}\n")
        return EX_MISUSED
    rounds = Rounds(signer, lambda: open_source(place), server, anchors, lagging=lagging)
    while not given.once and not stop.wait(POLL_S):
        rounds.turn()
        rounds.answer()
    for keeper in keepers.values():
        if isinstance(keeper, Sparing):
            keeper.at_once()
    rounds.turn(last=True)
    until = time.monotonic() + LAST_WITHIN_S
    for anchor in anchors:
        anchor.settle(max(0.0, until - time.monotonic()))
    return 0 if rounds.refused is None and not rounds.unavailable else EX_REFUSED


if __name__ == "__main__":
    raise SystemExit(main())
