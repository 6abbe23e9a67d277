"""Changes from the command line: done by the running server over `$RINGFENCE_HOME/admin.sock`, or here without one.

Only one process may write the log, so `ringfence key create` asks the server if there is one and otherwise takes the
log itself. The socket is for the user that runs the server (mode 0600, and the peer's user id is checked). One JSON
object a line each way.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
import struct
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.access import MAX_LIMIT, Filters, Records
from audit.errors import AuditError, AuditLocked, AuditUnavailable, RecordRefused
from audit.log import AuditLog
from audit.place import Postgres
from proxy import retention, review
from proxy.break_glass import BreakGlass, grantor
from proxy.carry_over import ACTOR as CARRIER
from proxy.carry_over import carry_over, recorded
from proxy.checkpoints import Checkpoints
from proxy.conditions import Conditions
from proxy.errors import ConfigurationError, RequestRefused, RingfenceError, Unavailable
from proxy.identity import LOOK_S, KeyStore, Role, new_key
from proxy.place import audit_place, spool_plan, unopened
from proxy.seat import desks
from proxy.settings import Settings
from proxy.state.keys import FILE, keys_place

if TYPE_CHECKING:  # it knows the way of a request, which commands have no use for
    from proxy.canary.schedule import Canary

log = logging.getLogger(__name__)
MAX_LINE = 64 * 1024
EVERYWHERE_S = LOOK_S + 0.5
ANSWER_WITHIN_S = 15.0
HANDS = 4
ACTOR = {"kind": "system", "id": "command-line", "app": "ringfence", "team": "ringfence", "auth_strength": "local_user"}
REPAIR = {**ACTOR, "id": "repair"}


@dataclass(frozen=True, slots=True)
class Admin:
    """What can be changed, over an open log and key store. Blocking; safe to call from any thread but the loop's."""

    audit: AuditLog
    keys: KeyStore
    reload: Callable[[], dict[str, Any]] | None = None
    """Takes up the policies on disk, in a server."""
    checkpoints: Checkpoints | None = None
    """Takes what the signer signs, in a server."""
    conditions: Conditions | None = None
    """Looks at disk and clock, in a server."""
    glass: BreakGlass | None = None
    """What two persons may open, in a server."""
    upstreams: Callable[[], list[dict[str, Any]]] | None = None
    """Says how the model servers stand, in a server."""
    canary: "Canary | None" = None
    """Tests the boundary, in a server."""
    figures: Mapping[str, Callable[..., dict[str, Any]]] | None = None
    """Tells the others of a server's processes what this one counted."""

    def do(self, op: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run one operation by name; raises RingfenceError."""
        operations: dict[str, Callable[..., dict[str, Any]]] = {
            "key.create": self.create_key,
            "key.list": self.list_keys,
            "key.revoke": self.revoke_key,
            **{kind: partial(self.record, kind) for kind in ("audit.verified", "audit.exported", "backup.made")},
            "audit.read": self.record_request,
            "audit.records.record": self.record_change,
            "clock.look": lambda: self._conditions().look_at_clock(),
            "clock.accept": lambda: self._conditions().accept_clock(),
            "policy.reload": self.reload_policy,
            "upstreams.state": self.state_of_upstreams,
            **self._of_signer(),
            **self._of_persons(),
            **retention.operations(self.audit, ACTOR),
            **review.operations(self.audit, self.keys, ACTOR),
            **(self.figures or {}),
            **({"canary.run": self.canary.ask, "canary.state": self.canary.state} if self.canary else {}),
        }
        if op not in operations:
            raise RequestRefused("unknown operation")
        try:
            return operations[op](**arguments)
        except AuditUnavailable as error:
            raise Unavailable(
                f"The audit log cannot take a record now ({error.reason}).", code="audit_unavailable"
            ) from None

    def create_key(self, app: str, team: str, role: str, expires: str | None = None) -> dict[str, Any]:
        """Grant access: the record first, the state second. The secret is in this answer and nowhere else.

        `everywhere_s` says in how many seconds every server knows the key.
        """
        secret, row = new_key(app, team, Role(role), datetime.fromisoformat(expires) if expires else None)
        with self.keys.changing():
            self.audit.append_sync("access.granted", {"actor": ACTOR, "key": recorded(row)})
            self.keys.add(row)
        return {"secret": secret, "key": row.public(), "everywhere_s": EVERYWHERE_S if self.keys.shared else 0.0}

    def list_keys(self) -> dict[str, Any]:
        """Every key that ever was, without secrets."""
        return {"keys": [row.public() for row in self.keys.rows()]}

    def revoke_key(self, key_id: str) -> dict[str, Any]:
        """Take access away: the record first, the state second."""
        with self.keys.changing():
            row = self.keys.find(key_id)
            if row.revoked is None:
                self.audit.append_sync("access.revoked", {"actor": ACTOR, "key": recorded(row)})
                self.keys.revoke(key_id)
        return {"key": self.keys.find(key_id).public()}

    def record(self, kind: str, /, **said: Any) -> dict[str, Any]:
        """Record what an operator did with the log as a whole, and what came of it."""
        return {"seq": self.audit.append_sync(kind, {"actor": ACTOR, **said}).seq}

    def record_request(self, id: str, **asked: Any) -> dict[str, Any]:  # noqa: A002
        """Record that somebody asked for an export, before it is made."""
        return {"seq": self.audit.append_sync("audit.read", {"actor": ACTOR, **asked}, id=id).seq}

    def record_change(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Record what the command line did to the log's keys, or that heads of the log were lost."""
        if kind not in {"key.introduced", "key.retired", "key.revoked", "incident.opened", "incident.closed"}:
            raise RequestRefused("The command line makes no record of this kind.")
        return {"seq": self.audit.append_sync(kind, body).seq}

    def reload_policy(self) -> dict[str, Any]:
        """Take up the policies and upstreams that lie on disk now; `refused` says why they are not."""
        if self.reload is None:
            raise RequestRefused("There is no server that could reload.")
        return self.reload()

    def state_of_upstreams(self) -> dict[str, Any]:
        """Return how each model server stands, as `proxy.upstreams.report.rows` says it."""
        if self.upstreams is None:
            raise RequestRefused("There is no server that could know.")
        return {"upstreams": self.upstreams()}

    def _conditions(self) -> Conditions:
        return self.conditions or Conditions(self.audit)

    def _of_persons(self) -> dict[str, Callable[..., dict[str, Any]]]:
        glass, keys = self.glass, self.keys
        if glass is None:
            return {}

        def state(key: str) -> dict[str, Any]:
            grantor(keys, key)
            return glass.state()

        return {
            "break_glass.propose": lambda key, **what: glass.propose(grantor(keys, key), **what),
            "break_glass.confirm": lambda key, proposal: glass.confirm(grantor(keys, key), proposal),
            "break_glass.end": lambda key: glass.end(grantor(keys, key)),
            "break_glass.state": state,
            **glass.heard(),
        }

    def _of_signer(self) -> dict[str, Callable[..., dict[str, Any]]]:
        if self.checkpoints is None:
            return {}
        return {
            "checkpoint.store": self.checkpoints.store,
            "checkpoint.report": self.checkpoints.report,
            "checkpoint.want": self.checkpoints.want,
            "checkpoint.wanted": self.checkpoints.wanted,
            "manifest.sign": self.checkpoints.manifests.sign,
            "manifest.asked": self.checkpoints.manifests.asked,
            "manifest.signed": self.checkpoints.manifests.signed,
            "anchor.receipt": self.checkpoints.receipt,
            "audit.state": partial(self._state, self.checkpoints),
        }

    def _state(self, checkpoints: Checkpoints) -> dict[str, Any]:
        """Return what only this process knows of the log."""
        audit, pending, conditions = self.audit, self.audit.pending, self._conditions()
        shared = isinstance(audit.place, Postgres)
        return {
            "log": audit.not_ready() or conditions.not_ready(),
            "signer": checkpoints.not_ready(),
            "anchors": checkpoints.anchors,
            "clock": {"off": audit.clock.off(), "sync": audit.clock.sync()["sync"]},
            "open": None if shared else {"count": len(pending), "oldest": pending.oldest()},
        }

    def repair(self, home: Path) -> None:
        """Settle what a crash left between a record and the state, and carry over the keys of a home."""
        carry_over(self.audit, self.keys, home / FILE, self._revoked())
        if any(self._unsettled()):
            with self.keys.changing():  # else it may be what another server is just doing
                gone, lost = self._unsettled()
                for key_id in gone:
                    self.keys.revoke(key_id)
                for key in lost:
                    self.audit.append_sync("access.revoked", {"actor": REPAIR, "key": key})
        retention.go_on(self.audit)

    def _unsettled(self) -> tuple[list[str], list[dict[str, str]]]:
        granted = _all(self.audit, "access.granted", self.keys.since())
        # Whoever carries keys over goes on with it: what it has recorded is not lost.
        settled = [body["key"] for body in granted if body["actor"]["id"] != CARRIER["id"]]
        return self.keys.unsettled(settled, self._revoked())

    def _revoked(self) -> set[str]:
        return {body["key"]["id"] for body in _all(self.audit, "access.revoked")}


def open_log(settings: Settings, desk: Path | None = None) -> AuditLog:
    """Open the log that the settings name, or begin it, at a server's desk or the home's; raises AuditError."""
    return AuditLog.open(
        audit_place(settings),
        keys=settings.home / "keys",
        origin=settings.origin,
        deadline_s=settings.audit_deadline_s,
        spool=spool_plan(settings, desk),
        desk=desk,
    )


async def serve(admin: Admin, path: Path) -> asyncio.Server:
    """Listen on the admin socket; the caller closes it."""
    # Threads of its own: those who wait here for a reload must not hold the ones that it reads in.
    hands = ThreadPoolExecutor(HANDS, "admin")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError, asyncio.IncompleteReadError):
            if _peer_uid(writer) in {0, os.getuid()}:
                line = await reader.readline()
                answer = await asyncio.get_running_loop().run_in_executor(hands, _answer, admin, line)
                writer.write(answer + b"\n")
                await writer.drain()
        writer.close()

    path.unlink(missing_ok=True)  # noqa: ASYNC240 - once, at start
    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(handle, path, limit=MAX_LINE)
    finally:
        os.umask(before)


def call(settings: Settings, op: str, **arguments: Any) -> dict[str, Any]:
    """Run an operation: in the server if one runs, else in this process. Raises RingfenceError."""
    answer = tell_server(settings, op, **arguments)
    if answer is not None:
        return answer
    try:
        audit = open_log(settings)
    except AuditLocked:
        raise ConfigurationError(
            f"A server holds the log in {settings.home} but does not answer on its admin socket; try again later."
        ) from None
    except AuditError as error:
        raise unopened(settings, error) from None
    try:
        with closing(KeyStore(keys_place(settings), settings.audit_deadline_s)) as keys:
            return Admin(audit, keys).do(op, arguments)
    finally:
        audit.close()


def _all(audit: AuditLog, kind: str, first: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    records = Records(audit.place)
    after: int | None = first - 1
    while after is not None:
        page = records.page(Filters(kind=kind), after=after, limit=MAX_LIMIT)
        found += [record.body for record in page.records]
        after = page.next
    return found


def _answer(admin: Admin, line: bytes) -> bytes:
    try:
        asked = json.loads(line)
        return json.dumps({"ok": admin.do(asked.pop("op"), asked)}).encode()
    except RingfenceError as error:
        return json.dumps({"error": error.message, "code": error.code}).encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecordRefused):
        return json.dumps(
            {"error": "The command line sent what this server does not understand.", "code": "bad_request"}
        ).encode()
    except Exception as error:  # noqa: BLE001 - its text may quote what was sent
        log.error("an operation of the command line failed: %s", type(error).__name__)  # noqa: TRY400
        return json.dumps({"error": "The server failed to do this; see its log.", "code": "internal_error"}).encode()


def tell_others(home: Path, desk: Path, op: str, **arguments: Any) -> None:
    """Run an operation in every other process of a server; what one of them says to it is in its own log."""
    for other in desks(home):
        if other != desk:
            with contextlib.suppress(RingfenceError):
                tell_desk(other, op, **arguments)


def tell_server(settings: Settings, op: str, **arguments: Any) -> dict[str, Any] | None:
    """Run an operation in the server; None when none runs. Raises RingfenceError."""
    return tell_desk(settings.home, op, **arguments)


def tell_desk(desk: Path, op: str, *, within_s: float = ANSWER_WITHIN_S, **arguments: Any) -> dict[str, Any] | None:
    """Do the same in the process of a desk."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(within_s)
        try:
            connection.connect(str(desk / "admin.sock"))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            reason = error.strerror or "its path is too long"
            raise ConfigurationError(
                f"The admin socket in {desk} cannot be used ({reason}); only the server's user can."
            ) from None
        try:
            connection.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
            answer = json.loads(connection.makefile("rb").readline() or b"{}")
        except (OSError, ValueError):
            answer = {}
    if "ok" in answer:
        result: dict[str, Any] = answer["ok"]
        return result
    raise RingfenceError(answer.get("error", "The server closed the admin socket."), code=answer.get("code"))


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    peer = writer.get_extra_info("socket")
    _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(uid)
