"""Break-glass: two persons let requests to own servers go on for a time, while the audit log takes no records.

What they open is the spool, with the record of their grant first in it: where that cannot be written, nothing opens.
It allows what the setting `audit_on_unavailable = spool_local` allows, so never a vendor. It ends by itself, when
somebody who may grant ends it, when the log takes records again, and with the process.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.clock import boot_s
from audit.errors import AuditUnavailable, Reason
from audit.log import AuditLog
from audit.records.draft import draft
from audit.records.fields import EMERGENCY
from proxy.errors import RequestRefused, Unavailable
from proxy.identity import Caller, KeyStore, Role

log = logging.getLogger(__name__)
HEARD = "break_glass.heard"
GRANTORS = frozenset({Role.SECURITY, Role.ADMIN})
MAX_MINUTES = 60
CONFIRM_WITHIN_S = 600.0
CONFLICT = 409


class BreakGlassRefused(RequestRefused):
    """Not now, not this long, or not by these two."""

    def __init__(self, message: str, status: int = CONFLICT) -> None:
        super().__init__(message, status=status, code="break_glass_refused")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the first person asks the second for."""

    id: str
    by: Caller
    minutes: int
    reason: str
    due: float


class BreakGlass:
    """The proposal and the grant of one server process. Blocking; safe to call from any thread but the loop's.

    What is said to one of several of a server is passed on to the others by `tell`: each opens a spool of its own.
    """

    def __init__(
        self, audit: AuditLog, clock: Callable[[], float] = boot_s, tell: Callable[..., None] = lambda *_, **__: None
    ) -> None:
        self._audit = audit
        self._clock = clock
        self._tell = tell
        self._proposal: Proposal | None = None
        self._grant: dict[str, Any] = {}
        self._changing = threading.Lock()

    def propose(self, caller: Caller, minutes: object, reason: object) -> dict[str, Any]:
        """Propose to open for some minutes; raises BreakGlassRefused. A newer proposal takes the place of an older."""
        if type(minutes) is not int or not 1 <= minutes <= MAX_MINUTES:
            raise BreakGlassRefused(f"'minutes' must be a whole number from 1 to {MAX_MINUTES}.", 400)
        if reason not in EMERGENCY.values:
            raise BreakGlassRefused(f"'reason' must be one of {', '.join(EMERGENCY.values)}.", 400)
        with self._changing:
            self._require_need()
            made = self._hold(Proposal(secrets.token_hex(4), caller, minutes, str(reason), 0.0))
            log.warning("break-glass: %s proposes %d minutes (%s)", caller.key_id, minutes, reason)
        self._tell(f"{HEARD}.proposal", id=made.id, by=asdict(caller), minutes=minutes, reason=reason)
        return self.state()

    def heard(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return what takes in what another process of this server was told, by names to pass it on under."""

        def proposal(id: str, by: dict[str, Any], minutes: int, reason: str) -> dict[str, Any]:  # noqa: A002
            with self._changing:
                self._hold(Proposal(id, _caller(by), minutes, reason, 0.0))
            return {}

        return {
            f"{HEARD}.proposal": proposal,
            f"{HEARD}.confirmed": lambda by, proposal: self._open(_caller(by), proposal),
            f"{HEARD}.ended": lambda by: self._end(_caller(by)),
        }

    def confirm(self, caller: Caller, proposal: object) -> dict[str, Any]:
        """Open what another person proposed; raises BreakGlassRefused, or Unavailable when it cannot be recorded."""
        state = self._open(caller, proposal)
        self._tell(f"{HEARD}.confirmed", by=asdict(caller), proposal=proposal)
        return state

    def end(self, caller: Caller) -> dict[str, Any]:
        """Close it; raises BreakGlassRefused when nothing is open."""
        self._tell(f"{HEARD}.ended", by=asdict(caller))
        return self._end(caller)

    def _hold(self, proposal: Proposal) -> Proposal:
        self._proposal = replace(proposal, due=self._clock() + CONFIRM_WITHIN_S)
        return self._proposal

    def _open(self, caller: Caller, proposal: object) -> dict[str, Any]:
        with self._changing:
            made = self._open_proposal()
            if made is None or made.id != proposal:
                raise BreakGlassRefused("There is no such proposal, or not any more; a new one is needed.")
            if caller.key_id == made.by.key_id or (caller.app, caller.team) == (made.by.app, made.by.team):
                raise BreakGlassRefused("Another person has to confirm, with a key of another app or team.")
            store = self._require_need()
            until = datetime.now(UTC) + timedelta(minutes=made.minutes)
            body = {
                "proposer": made.by.actor,
                "confirmer": caller.actor,
                "until": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "reason": made.reason,
                "store": store,
            }
            record = draft("breakglass.granted", body, None, self._audit.clock)
            try:
                self._audit.spool.grant(record, made.minutes * 60.0, store)
            except AuditUnavailable as error:
                text = f"The grant cannot be recorded, so nothing is opened ({error.said})."
                raise Unavailable(text, code="audit_unavailable") from None
            self._proposal, self._grant = None, record
            log.error("break-glass: open until %s, by %s and %s", body["until"], made.by.key_id, caller.key_id)
            return self.state()

    def _end(self, caller: Caller) -> dict[str, Any]:
        with self._changing:
            if not self._is_open():
                raise BreakGlassRefused("Nothing is open.")
            body = {"grant": self._grant["id"], "how": "ended", "actor": caller.actor}
            log.warning("break-glass: %s ends it", caller.key_id)
            self._audit.spool.revoke()
            try:
                record = draft("breakglass.ended", body, None, self._audit.clock)
                self._audit.spool.note(record, self._audit.trouble() or "closed")
            except AuditUnavailable:
                log.warning("break-glass: who ended it cannot be recorded; its end will be")
            return self.state()

    def state(self) -> dict[str, Any]:
        """Say what is open and what is proposed."""
        proposal = self._open_proposal()
        opened = {"until": self._grant["until"], "grant": self._grant["id"]} if self._is_open() else {}
        waits = {"id": proposal.id, "by": proposal.by.key_id, "minutes": proposal.minutes} if proposal else None
        return {
            "object": "break_glass",
            "open": bool(opened),
            **opened,
            **({"proposal": {**waits, "reason": proposal.reason}} if proposal and waits else {}),
        }

    def _open_proposal(self) -> Proposal | None:
        made = self._proposal
        return made if made is not None and self._clock() < made.due else None

    def _is_open(self) -> bool:
        return bool(self._grant) and not self._audit.spool.always and self._audit.spool.is_open()

    def _require_need(self) -> Reason:
        if self._audit.spool.always:
            raise BreakGlassRefused("Requests to own servers go on by themselves: audit_on_unavailable is spool_local.")
        if self._is_open():
            raise BreakGlassRefused("It is open already; end it first.")
        store = self._audit.trouble()
        if store is None:
            raise BreakGlassRefused("The audit log takes records: there is nothing to open.")
        if self._audit.no_room_to_spool():
            raise BreakGlassRefused("The disk is full, and the spool lies on it as well: make room.")
        return store


def _caller(told: dict[str, Any]) -> Caller:
    return Caller(**{**told, "role": Role(told["role"])})


def grantor(keys: KeyStore, secret: str) -> Caller:
    """Return who holds a key that may grant; raises RequestRefused."""
    caller = keys.authenticate(secret)
    if caller is None:
        raise RequestRefused("A valid API key is needed.", status=401, code="invalid_api_key")
    if caller.role not in GRANTORS:
        text = f"This needs a key with the role {' or '.join(sorted(GRANTORS))}; yours is {caller.role.value}."
        raise RequestRefused(text, status=403, code="wrong_role")
    return caller
