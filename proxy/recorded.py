"""Decisions read back from the audit log: the way back of `evidence.decision`, for replay and for explanations.

The log is only read, and never trusted to be whole: a record that is not in a schema known here, or from which the
findings cannot be rebuilt exactly, comes back as `Skipped` with the reason.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from audit.access import Records
from audit.errors import AuditMismatch, AuditUnavailable
from audit.place import Place
from audit.records.fields import UUID7
from audit.records.record import ATTEMPT, DECISION, OUTCOME, REGISTRY
from proxy.archive import ACTIVATED, Archive, every
from proxy.errors import ConfigurationError, Unavailable
from proxy.evidence import MAX_LISTED
from proxy.policy.account import account_of
from proxy.policy.local_first import LocalFirst
from proxy.policy.model import Call, Decision, Identity, Landing, Outcome, Waiver, Would
from proxy.policy.noted import Noted
from proxy.policy.policy import Policy
from proxy.policy.replay import Log, Recorded, Skipped, Why
from proxy.upstreams.upstream import OTHER

VERSIONS: Mapping[str, frozenset[int]] = {
    DECISION: frozenset({1, 2}),
    ATTEMPT: frozenset({1, 2}),
    OUTCOME: frozenset({1, 2}),
    ACTIVATED: frozenset({1, 2, 3}),
}
"""Versions of records that are understood here."""
DRY_RUN, DECIDED_AS = "inspect", "chat"
"""The first version of the record did not say which endpoint a dry run stood for: chat was the only one."""
BASIS_POINTS = 500
"""Of a grid step."""

_is_id = re.compile(UUID7.pattern).fullmatch


def recorded(body: Mapping[str, Any]) -> Recorded | Skipped:
    """Read all that a `route.decision` says."""
    record = _name(body)
    days = _days(body["req"]["id"], body["ts"]) if is_known(body) else ()
    if not days:
        return Skipped(record, Why.SCHEMA)
    types, model = body["detect"]["types"], body["req"]["model_req"]
    if model == OTHER:
        return Skipped(record, Why.OTHER)
    findings = {item["t"]: _grids(item["hist"]) for item in types}
    if len(types) >= MAX_LISTED or not all(findings.values()):
        return Skipped(record, Why.HISTOGRAM)
    actor, endpoint = body["actor"], body["req"]["endpoint"]
    return Recorded(
        id=record,
        bundle=body["bundle"]["sha256"],
        who=Identity(actor["team"], actor["app"], actor["id"]),
        call=Call(DECIDED_AS if endpoint == DRY_RUN else endpoint, model, model),
        findings=findings,
        days=days,
        made=_decision(body),
    )


def noted(body: Mapping[str, Any]) -> Noted | Skipped:
    """Read what a `route.decision` says about rules in shadow and exceptions, whatever else it leaves open."""
    if not is_known(body):
        return Skipped(_name(body), Why.SCHEMA)
    actor, made = body["actor"], _decision(body)
    return Noted(
        id=body["id"],
        request=body["req"]["id"],
        at=body["ts"],
        who=Identity(actor["team"], actor["app"], actor["id"]),
        made=Landing.at(made.outcome, made.zone),
        dry_run=body["dry_run"],
        shadow=made.shadow,
        exceptions=made.exceptions,
    )


def answered(body: Mapping[str, Any], decided: Mapping[str, Any] | None) -> Noted | Skipped:
    """Read what a `route.outcome` says about rules on answers in shadow, and exceptions, to the decision before it."""
    if not is_known(body, OUTCOME):
        return Skipped(_name(body), Why.SCHEMA)
    if decided is None:
        return Skipped(_name(body), Why.ALONE)
    asked, answer = noted(decided), body["answer"]
    if isinstance(asked, Skipped):
        return Skipped(_name(body), asked.why)
    return replace(
        asked,
        id=body["id"],
        at=body["ts"],
        made=Landing.at(Outcome.BLOCK if answer.get("rules") else Outcome.ALLOW, None),
        shadow=tuple(Would(name, Outcome.BLOCK, None) for name in answer.get("shadow", ())),
        exceptions=tuple(Waiver(name, Outcome.BLOCK, None) for name in answer.get("exceptions", ())),
        of_answer=True,
    )


def _is_telling(body: Mapping[str, Any]) -> bool:
    """Whether a `route.outcome` says anything about rules in shadow or exceptions."""
    answer = body.get("answer")
    return isinstance(answer, dict) and bool(answer.get("shadow") or answer.get("exceptions"))


class Database:
    """The decisions of a log in its database; a running server is not held up.

    Raises ConfigurationError where there is none, and Unavailable when it does not answer.
    """

    def __init__(self, place: Place) -> None:
        if isinstance(place, Path) and not place.is_file():
            raise ConfigurationError(f"There is no log at {place}.")
        self._records = Records(place)
        self._archive = Archive(self._records)

    def decisions(self, since: str | None) -> Iterator[Recorded | Skipped]:
        """Read every decision from a time on, page by page."""
        return map(recorded, self._bodies(DECISION, since))

    def notes(self, since: str | None) -> Iterator[Noted | Skipped]:
        """Read of every decision and answer what it says about rules in shadow and exceptions, page by page."""
        yield from map(noted, self._bodies(DECISION, since))
        for body in filter(_is_telling, self._bodies(OUTCOME, since)):
            yield answered(body, self._decision(body["dec"]))

    def decision(self, record: str) -> Recorded | Skipped | None:
        """Return the decision with this id."""
        found = self._decision(record)
        return None if found is None else recorded(found)

    def policy(self, bundle: str) -> Policy | None:
        """Return the policy that decided."""
        with _answering():
            return self._archive.policy(bundle)

    def _decision(self, record: str) -> Mapping[str, Any] | None:
        with _answering():
            found = self._records.one(record)
        return found.body if found is not None and found.body.get("kind") == DECISION else None

    def _bodies(self, kind: str, since: str | None) -> Iterator[dict[str, Any]]:
        with _answering():
            for record in every(self._records, kind, since=since):
                if not _is_gone(record.body):
                    yield record.body


def explained(log: Log, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the account of a recorded decision as plain values, or why there is none, for the audit API."""
    found = account_of(log, recorded(body))
    return {"unexplained": found} if isinstance(found, str) else found.as_json()


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except AuditUnavailable as error:
        raise Unavailable(f"The audit log cannot be read ({error.reason}).", code="audit_unavailable") from None
    except AuditMismatch as error:
        raise ConfigurationError(f"The audit log cannot be read: {error}") from None


class Export:
    """The decisions of a file with a record a line, as `audit tail --json` writes them; bundles are not in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def decisions(self, since: str | None) -> Iterator[Recorded | Skipped]:
        """Read every decision from a time on; raises ConfigurationError for a file or a line that cannot be read."""
        return map(recorded, self._from(DECISION, since))

    def notes(self, since: str | None) -> Iterator[Noted | Skipped]:
        """Read of every decision and answer what it says about rules in shadow and exceptions; raises the same."""
        yield from map(noted, self._from(DECISION, since))
        told = list(filter(_is_telling, self._from(OUTCOME, since)))
        wanted = {body.get("dec") for body in told}
        decided = {body["id"]: body for body in self._bodies(DECISION) if body.get("id") in wanted}
        for body in told:
            yield answered(body, decided.get(body.get("dec")))

    def decision(self, record: str) -> Recorded | Skipped | None:
        """Return the decision with this id."""
        return next((recorded(body) for body in self._bodies(DECISION) if body.get("id") == record), None)

    def policy(self, bundle: str) -> Policy | None:  # noqa: ARG002 - there is none for any bundle
        """Return None: a file of records holds no policies."""
        return None

    def _from(self, kind: str, since: str | None) -> Iterator[dict[str, Any]]:
        return (body for body in self._bodies(kind) if since is None or str(body.get("ts", "")) >= since)

    def _bodies(self, kind: str) -> Iterator[dict[str, Any]]:
        try:
            with self._path.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    body = _body(line)
                    if body is None:
                        raise ConfigurationError(f"{self._path}:{number} is not a record")
                    if body["kind"] == kind:
                        yield body
        except OSError as error:
            raise ConfigurationError(f"{self._path} cannot be read: {error.strerror}") from None


def _is_gone(body: Mapping[str, Any]) -> bool:
    """Whether it is what is left of a body that was erased."""
    return body.keys() == {"erased"}


def _body(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    body = value.get("body", value) if isinstance(value, dict) else None
    if isinstance(body, dict) and body.keys() == {"erased"}:
        return {"kind": ""}
    return body if isinstance(body, dict) and isinstance(body.get("kind"), str) else None


def _name(body: Mapping[str, Any]) -> str:
    name = str(body.get("id", "?"))[: UUID7.longest]
    return name if name.isprintable() else "?"


def is_known(body: Mapping[str, Any], kind: str = DECISION) -> bool:
    """Whether the body of a record of a kind is, in every part, in a schema that is understood here."""
    version = body.get("v")
    return type(version) is int and version in VERSIONS[kind] and REGISTRY[kind, version].whole(body) is None


def _grids(histogram: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(grid for text, count in histogram.items() for grid in [int(text)] * count)


def _days(request: str, written: str) -> tuple[dt.date, ...]:
    """Return the day on which the request arrived and that of the record: the decision was made between them.

    The id of a request is a UUIDv7, which begins with the time in milliseconds; empty if it is not one.
    """
    if not _is_id(request):
        return ()
    try:
        arrived = dt.datetime.fromtimestamp(int(request[:8] + request[9:13], 16) / 1000, dt.UTC).date()
        return tuple(sorted({arrived, dt.date.fromisoformat(written[:10])}))
    except (ValueError, OverflowError):
        return ()


def _decision(body: Mapping[str, Any]) -> Decision:
    obligations = [(item["kind"], item["value"]) for item in body["obligations"]]
    return Decision(
        outcome=Outcome(body["decision"]),
        zones=tuple(body["zones_left"]),
        rules=tuple((item["id"], item["effect"]) for item in body["rules"]),
        ceilings=tuple(body["ceilings"]),
        budgets=tuple(body.get("budgets", ())),
        classes=tuple((item["c"], item["count"], item["score_bp"] // BASIS_POINTS) for item in body["classes"]),
        local_first=_local_first(body.get("local_first")),
        log_full=("log", "full") in obligations,
        notify=tuple(value for kind, value in obligations if kind == "notify"),
        exceptions=tuple(Waiver(item["id"], *_landing(item["without"])) for item in body["exceptions"]),
        shadow=tuple(Would(item["rule"], *_landing(item["would"])) for item in body["shadow"]),
    )


def _local_first(said: Mapping[str, int] | None) -> LocalFirst | None:
    return None if said is None else LocalFirst(said["confidence_bp"], said["min_characters"])


def _landing(result: Mapping[str, str]) -> tuple[Outcome, str | None]:
    return Outcome(result["decision"]), result.get("zone")
