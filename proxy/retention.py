"""What retention needs of this program: its operations in a server, and the log, anchors and period for commands."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from audit.errors import AuditError, AuditLocked, AuditMismatch, AuditUnavailable
from audit.log import AuditLog
from audit.place import Postgres
from audit.retention import desk
from audit.retention.hands import ByServer, OfWriter
from proxy.errors import ConfigurationError, RequestRefused, RingfenceError
from proxy.place import audit_place, unopened
from proxy.settings import Settings

if TYPE_CHECKING:
    from audit.cli_retention import Own

log = logging.getLogger(__name__)


def operations(audit: AuditLog, actor: Mapping[str, Any]) -> dict[str, Callable[..., dict[str, Any]]]:
    """Return the operations for the admin socket; each raises RingfenceError or AuditUnavailable."""
    return {name: _told(operation) for name, operation in desk.operations(audit, actor).items()}


def go_on(audit: AuditLog) -> threading.Thread | None:
    """Finish, beside the server's work, what was being taken away when the process before it ended."""
    if isinstance(audit.place, Postgres):
        return None  # a server may delete nothing there; the next command goes on

    def finish() -> None:
        try:
            OfWriter(audit).finish()
        except AuditError as error:
            log.warning("what was to be pruned or erased is still there: %s", error)

    thread = threading.Thread(target=finish, name="retention", daemon=True)
    thread.start()
    return thread


@contextmanager
def own(settings: Settings) -> "Iterator[Own]":
    """Hand out the log for a command: over the server if one runs, else opened here for as long as it takes."""
    from audit.anchors.keepers import Outside  # noqa: PLC0415 - only these commands
    from audit.cli_retention import Own  # noqa: PLC0415 - the same
    from audit.exporting import FOLDER  # noqa: PLC0415 - the same
    from audit.retention.doing import Parts  # noqa: PLC0415 - the same
    from proxy import anchors  # noqa: PLC0415 - the same
    from proxy.admin import tell_server  # noqa: PLC0415 - it knows this module
    from proxy.seat import desks  # noqa: PLC0415 - the same

    place, directory = audit_place(settings), settings.home / "signer"
    outside = Outside.of(Outside.flags().parse_args(anchors.flags(settings)))
    keepers = outside.keepers(place, settings.home / "keys", directory, lambda *_: False)
    asked = _Asked(settings)

    def record(kind: str, body: dict[str, Any]) -> int:
        return int(asked.ask("retention.record", kind=kind, body=body)["seq"])

    def want() -> bool:
        return tell_server(settings, "checkpoint.want") is not None

    parts = Parts(place, record, ByServer(asked.ask), keepers, want)
    try:
        yield Own(
            parts,
            settings.retention_days,
            tuple(desk / FOLDER for desk in desks(settings.home)),
            settings.retention_url,
        )
    except RingfenceError as error:
        raise AuditMismatch(error.message) from None
    finally:
        asked.close()


class _Asked:
    """Runs operations in the server; where none runs, in this process, which then holds the log until it ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._own: AuditLog | None = None

    def ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        """Run one; raises RingfenceError and AuditUnavailable."""
        from proxy.admin import ACTOR, tell_server  # noqa: PLC0415 - it knows this module

        answer = tell_server(self._settings, op, **arguments) if self._own is None else None
        if answer is not None:
            return answer
        return operations(self._opened(), ACTOR)[op](**arguments)

    def close(self) -> None:
        """Let the log go."""
        if self._own is not None:
            self._own.close()

    def _opened(self) -> AuditLog:
        from proxy.admin import open_log  # noqa: PLC0415 - it knows this module

        if self._own is None:
            try:
                self._own = open_log(self._settings)
            except AuditLocked:
                raise ConfigurationError(
                    f"A server holds the log in {self._settings.home} but does not answer; try again later."
                ) from None
            except AuditError as error:
                raise unopened(self._settings, error) from None
        return self._own


def _told(operation: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def run(**arguments: Any) -> dict[str, Any]:
        try:
            return operation(**arguments)
        except AuditUnavailable:
            raise
        except AuditError as error:
            raise RequestRefused(str(error)) from None

    return run
