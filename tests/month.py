"""A month of an invented company's traffic, as its log holds it, written by the real log, signer and policies.

October 2026, and some days before and after it. Nobody waits: the clocks are a calendar that is turned. What detectors
find and what model servers answer is drawn from a fixed seed; everything else is decided and recorded by the same code
that a server runs. What happens:

    28 September  the log begins; six applications and an auditor get keys
    6 October     the first change of policy, approved and signed: what the care team writes stays at home
    12 October    the second: an exception for one application, until the 30th
    15 October    the keys are reviewed; one that nobody uses any more is revoked
    16 October    the server is killed at 02:04 with a request on its way, and is back at 05:30
    23 October    a detector fails; the canary says so at 03:00, and passes again at 04:00
    27 October    one request is erased, because the person whose data it held asked for it
    2 November    the auditor asks for October
"""

import asyncio
import datetime as dt
import hashlib
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from approving import approve

from audit.clock import SECOND, Clock, Machine
from audit.keys import read_signers
from audit.log import AuditLog, Receipt
from audit.proofs.vkey import Signer
from audit.records.record import new_id
from audit.retention import doing
from audit.retention.doing import Parts
from audit.retention.erasing import find
from audit.retention.hands import OfWriter
from audit.signing.signer import CheckpointSigner, StateFile
from audit.sources.source import SqliteSource
from audit.stores.asking import asking
from proxy import activation, clock, evidence
from proxy.activation import Active, Asked
from proxy.announcing import announcer
from proxy.approvals.statement import Subject
from proxy.content.walk import Content
from proxy.detection.findings import Finding, Scan
from proxy.endpoints.chat import CHAT
from proxy.endpoints.observed import Observed
from proxy.evidence import Ask, Judged
from proxy.identity import Caller, Role
from proxy.policy.decide import decide
from proxy.policy.model import Call
from proxy.routing import routes
from proxy.settings import ROOT, Settings

BEGIN, END = dt.datetime(2026, 9, 28, tzinfo=dt.UTC), dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
PERIOD = {"from": "2026-10-01T00:00:00.000000Z", "to": "2026-11-01T00:00:00.000000Z"}
ORIGIN = "nordwind.example/gateway"
DETECTORS = hashlib.sha256(b"the detectors of the month").hexdigest()
SYSTEM = {
    "kind": "system",
    "id": "command-line",
    "app": "ringfence",
    "team": "ringfence",
    "auth_strength": "local_user",
}
UPSTREAMS = """\
upstreams:
  - {name: gpu, kind: vllm, zone: onprem, base_url: "http://127.0.0.1:1/v1", default_model: local-70b}
  - {name: vendor-us, kind: openai, zone: cloud-us, base_url: "https://us.vendor.example/v1", models: ["gpt-5*"]}
  - {name: vendor-eu, kind: openai, zone: cloud-eu, base_url: "https://eu.vendor.example/v1", models: ["gpt-5*"]}
"""
CHANGE = """\
policy: house
version: 1
owner: counsel@acme.example
rules:
  - id: care-stays-home
    who: {apps: [notes, ward]}
    then: pin
    because: "Since October, what the care team writes stays at home, whatever is found in it."
"""
EXCEPTION = """\
exceptions:
  - {id: EX-2026-014, waives: care-stays-home, for: {apps: [notes]}, until: 2026-10-30,
     owner: care-lead@acme.example, approved_by: ciso@acme.example, ticket: SEC-4412,
     because: "A study of side effects: no person is named, and the vendor's model is compared with ours"}
"""
CALLERS = (
    Caller("ak_00000000000000c1", "crm", "sales", Role.APP),
    Caller("ak_00000000000000c2", "helpdesk", "support", Role.APP),
    Caller("ak_00000000000000c3", "notes", "care", Role.APP),
    Caller("ak_00000000000000c6", "ward", "care", Role.APP),
    Caller("ak_00000000000000c4", "offers", "eu-sales", Role.APP),
)
UNUSED = Caller("ak_00000000000000c5", "pilot", "research", Role.APP)
AUDITOR = Caller("ak_00000000000000a1", "review", "audit", Role.AUDITOR)
FOUND: tuple[tuple[int, dict[str, tuple[int, ...]]], ...] = (
    (55, {}),
    (14, {"PERSON": (17,), "EMAIL_ADDRESS": (19,)}),
    (8, {"CREDIT_CARD": (19,)}),
    (9, {"MEDICAL_CONDITION": (17,)}),
    (7, {"PERSON": (18,), "MEDICAL_CONDITION": (17,)}),
    (4, {"PASSWORD": (18,)}),
    (3, {"UNSCANNED": (20,)}),
)
"""What requests hold, and how many of a hundred do."""


@dataclass
class Calendar:
    """The clocks. Each look moves them by a microsecond, so that no two records have the same time."""

    at: int = int(BEGIN.timestamp()) * SECOND

    def wall(self) -> int:
        self.at += 1000
        return self.at

    def boot(self) -> int:
        return self.at - int(BEGIN.timestamp()) * SECOND

    def clock(self) -> Clock:
        return Clock(Machine(self.wall, self.boot, lambda: {"src": "adjtimex", "sync": True, "err_us": 850}))

    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.at / SECOND, dt.UTC)

    def turn_to(self, moment: dt.datetime) -> None:
        """Go on to a moment; there is no way back."""
        self.at = max(self.at, int(moment.timestamp()) * SECOND)

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """Have the log, ids and files read this calendar."""
        calendar = self

        class Moment(dt.datetime):
            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
                return calendar.now().astimezone(tz)

        with ExitStack() as patched:
            for name, value in (
                ("audit.log.Clock", self.clock),
                ("audit.records.record.time", SimpleNamespace(time_ns=self.wall)),
                ("proxy.activation.datetime", Moment),
            ):
                patched.enter_context(mock.patch(name, value))
            yield


@dataclass
class Month:
    """The log and what was counted beside it while it was written, independently of anything that reads logs."""

    home: Path
    settings: Settings
    calendar: Calendar = field(default_factory=Calendar)
    requests: list[str] = field(default_factory=list)
    seeded: random.Random = field(default_factory=lambda: random.Random(2026))
    approver: Signer = field(default_factory=lambda: Signer.generate("ciso@acme.example"))
    active: Active | None = None
    decided: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(day, decision) of live requests."""
    disclosed: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(day, upstream) of requests that a vendor answered."""
    tokens: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(day, upstream, in | out)."""
    erased: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Decisions that were on their way when the server was killed."""
    serial: int = 0
    log: AuditLog = field(init=False)

    @property
    def place(self) -> Path:
        return self.home / "audit.db"

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    def open(self) -> None:
        self.log = AuditLog.open(self.place, keys=self.keys, origin=ORIGIN, deadline_s=30)

    def kill(self) -> None:
        """End the process that writes as `kill -9` does: no record of its end, and what was open stays open."""
        with mock.patch.object(self.log._writer, "_write", return_value=None):
            self.log.close()

    def sign(self) -> None:
        """Sign what is there, as the signer does every ten seconds in which records came."""
        with closing(SqliteSource(self.place)) as source, closing(StateFile(self.home / "signer")) as state:
            note = CheckpointSigner(state, lambda: read_signers(self.keys)).sign(source)
        if note is not None:
            self.log.store_checkpoint(note)

    def take_up(self, source: str = "reload") -> None:
        """Have what lies on disk approved, and take it up."""
        self.serial += 1
        about = Subject.of(activation.load(self.settings, None).policy, self.settings.upstreams.read_bytes())
        approve(self.settings, self.approver, serial=self.serial, about=about)
        loaded = activation.load(self.settings, None)
        previous = None if self.active is None else self.active.sha256
        asyncio.run(announcer(self.log)(loaded, previous, new_id(), Asked(source)))
        self.active = loaded

    def restart(self) -> None:
        """Say which policies are in force, as every start does."""
        assert self.active is not None
        asyncio.run(announcer(self.log)(self.active, None, new_id(), Asked("start")))

    def grant(self, caller: Caller) -> None:
        key = {"id": caller.key_id, "app": caller.app, "team": caller.team, "role": caller.role.value}
        self.log.append_sync("access.granted", {"actor": SYSTEM, "key": key})

    def revoke(self, caller: Caller) -> None:
        key = {"id": caller.key_id, "app": caller.app, "team": caller.team, "role": caller.role.value}
        self.log.append_sync("access.revoked", {"actor": SYSTEM, "key": key})

    def ask(self, *, ends: bool = True) -> Receipt:
        """Decide one request on what is drawn, and record how it ended."""
        active = self.active
        assert active is not None
        caller = self.seeded.choice(CALLERS)
        scores = self.seeded.choices([found for _, found in FOUND], [weight for weight, _ in FOUND])[0]
        model = active.registry.resolve("gpt-5-mini")
        made = decide(active.policy, caller.identity, Call(CHAT.name, "gpt-5-mini", model), scores, self.calendar.now())
        ask = Ask(new_id(), CHAT, caller, "127.0.0.1", {"model": "gpt-5-mini"}, b"{}" * 300, clock.Clock())
        found = tuple(Finding(name, 0.85, "drawn", "messages[0].content", b"x") for name in scores)
        judged = Judged(
            active, Content((), (), 1, 0), model, DETECTORS, Scan(found, frozenset(), 900, 3, 4, 0), found, scores, made
        )
        ways = routes(made.zones, CHAT.name, "gpt-5-mini", active.registry)
        fingerprint = self.log.fingerprinter.fingerprint(caller.team, "body", "chat", ask.id.encode())
        prints = {"body": fingerprint, "ip": fingerprint}
        candidate = ways[0].candidates[0] if ways else None
        up = evidence.upstream(candidate, active, fingerprint) if candidate else None
        body = evidence.decision(ask, judged, prints, zone=candidate.zone if candidate else None, up=up)
        receipt = self.log.append_sync("route.decision", body)
        day = f"{self.calendar.now():%Y-%m-%d}"
        self.decided[day, made.outcome.value] += 1
        self.requests.append(receipt.id)
        if not ends:
            self.lost.append(receipt.id)
            return receipt
        if candidate is None:
            self.log.append_sync("route.outcome", evidence.outcome(receipt.id, 1, "not_sent"))
            return receipt
        used = {"in": self.seeded.randint(40, 900), "out": self.seeded.randint(5, 400)}
        observed = Observed(candidate.model, "stop", used)
        ended = evidence.outcome(
            receipt.id, 1, "ok", http=200, candidate=candidate, observed=observed, active=active, sent=600, received=900
        )
        self.log.append_sync("route.outcome", ended)
        if candidate.upstream.vendor:
            self.disclosed[day, candidate.upstream.id] += 1
            for name, count in used.items():
                self.tokens[day, candidate.upstream.id, name] += count
        return receipt

    def erase(self, decision: str) -> None:
        """Erase one request, as `ringfence audit erase` does."""
        actor = {"actor": SYSTEM}
        parts = Parts(
            self.place,
            lambda kind, body: self.log.append_sync(kind, {**body, **actor}).seq,
            OfWriter(self.log),
            {},
            bool,
        )
        with asking(self.place) as run:
            requests = find(run, decision)
        doing.erase(parts, requests, "subject_request")
        self.erased.append(decision)

    def canary(self, *, failing: bool = False) -> None:
        """Record a test of the controls, and the incident where it fails or what ends it."""
        missed = 3 if failing else 0
        body = {
            "control": "canary",
            "passed": not failing,
            "set_sha256": DETECTORS,
            "zones": ["cloud-eu", "cloud-us"],
            "harmless": {"sent": 2, "arrived": 2},
            "leaked": missed,
            "classes": [
                {"c": name, "sent": 10, "found": 10 - lost, "recall_bp": (10 - lost) * 1000}
                for name, lost in (("cardholder", 0), ("phi", missed), ("pii", 0), ("secret", 0))
            ],
        }
        self.log.append_sync("control.tested", body)


def write(folder: Path) -> Month:
    """Write the month below a folder."""
    policies = Path(shutil.copytree(ROOT / "policies", folder / "policies"))
    (folder / "upstreams.yaml").write_text(UPSTREAMS)
    month = Month(
        folder / "home",
        Settings(
            home=folder / "home",
            policies=policies,
            upstreams=folder / "upstreams.yaml",
            policy_signers=folder / "signers",
        ),
    )
    (folder / "signers").write_text(f"{month.approver.vkey.encode()}\n")
    with month.calendar.everywhere():
        month.open()
        for caller in (*CALLERS, UNUSED, AUDITOR):
            month.grant(caller)
        month.take_up("start")
        for hour in _hours():
            month.calendar.turn_to(hour)
            _happen(month, hour)
            month.calendar.turn_to(hour + dt.timedelta(minutes=5))
            if hour < END:
                _work(month, hour)
            if hour.hour % 6 == 0 or hour == END:
                month.sign()
        month.log.close()
    return month


def _hours() -> Iterator[dt.datetime]:
    hour = BEGIN
    while hour <= END:
        yield hour
        hour += dt.timedelta(hours=1)


def _work(month: Month, hour: dt.datetime) -> None:
    """Let requests come, more of them in working hours, and none on which nobody works."""
    if (hour.month, hour.day) == (10, 16) and hour.hour in {3, 4}:
        return
    busy = 7 if 8 <= hour.hour < 18 and hour.weekday() < 5 else 1
    count, refused = month.seeded.randint(0, busy), month.seeded.choice((0, 0, 0, 1))
    for number in range(count):
        month.calendar.turn_to(hour + dt.timedelta(minutes=6 + 6 * number))
        month.ask()
    if count or refused:
        began = f"{hour:%Y-%m-%dT%H:%M:%SZ}"
        told = [{"status": 429, "n": refused}] if refused else []
        counted = {"window_start": began, "received": count + refused, "decided": count, "refused": told}
        month.log.append_sync("ingress.counted", counted)
    month.log.append_sync("writer.heartbeat", {"records": 0})


def _happen(month: Month, hour: dt.datetime) -> None:
    """Do what the story says of this hour."""
    match hour.month, hour.day, hour.hour:
        case 10, 16, 3 | 4:
            return
        case 10, 6, 9:
            (month.settings.policies / "house.yaml").write_text(CHANGE)
            month.take_up()
        case 10, 12, 9:
            (month.settings.policies / "exceptions.yaml").write_text(EXCEPTION)
            month.take_up()
        case 10, 15, 10:
            review = {"actor": SYSTEM, "reviewer": "ciso@acme.example", "keys": 7, "active": 7, "sha256": "0" * 64}
            month.log.append_sync("access.reviewed", {**review, "ticket": "SEC-4431"})
            month.revoke(UNUSED)
        case 10, 16, 2:
            month.calendar.turn_to(hour + dt.timedelta(minutes=4))
            month.ask(ends=False)
            month.kill()
            month.calendar.turn_to(hour + dt.timedelta(hours=3, minutes=30))
            month.open()
            month.restart()
        case 10, 23, 3:
            month.canary(failing=True)
            incident = {"incident": new_id(), "what": "canary_failed"}
            month.log.append_sync("incident.opened", incident)
            month.calendar.turn_to(hour + dt.timedelta(minutes=59))
            month.canary()
            month.log.append_sync("incident.closed", {"incident": incident["incident"], "how": "passed"})
        case 10, 27, 14:
            month.erase(month.requests[-3])
        case 11, 2, 9:
            asked = {"actor": AUDITOR.actor, "what": "export", "filters": ["from", "to"], "rows": 0, **PERIOD}
            month.log.append_sync("audit.read", asked)
        case _, _, 3:
            month.canary()
