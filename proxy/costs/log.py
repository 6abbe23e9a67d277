"""Answers read back from the audit log with who asked, and where and by which model they were given.

A cost is in no record: it follows from the usage of a `route.outcome`, the names in the decision or attempt before it,
and the prices in the archived text of the upstreams of that time. The log is only read, one page at a time.
"""

import hashlib
import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import orjson

from audit.access import MAX_LIMIT, Filters, ReadRecord, Records
from audit.errors import AuditError, AuditUnavailable
from audit.place import Place
from audit.records.record import ATTEMPT, DECISION, OUTCOME
from audit.records.times import written
from proxy.archive import ACTIVATED, Archive, read_back
from proxy.costs.answers import is_free
from proxy.costs.prices import Prices
from proxy.errors import ConfigurationError, Unavailable
from proxy.policy.model import Call, Identity
from proxy.policy.policy import Policy
from proxy.recorded import is_known
from proxy.upstreams.registry import prices_of

KINDS = (DECISION, ATTEMPT, OUTCOME)
EARLIER = timedelta(hours=1)
"""So long before the first outcome, its decision is looked for among those that are read; before, one by one."""
LAST = "~"
"""After every time."""
REMEMBERED = 50_000
"""Decisions, and attempts, whose outcomes may still come."""
Body = Mapping[str, Any]
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a decision says of the request behind an answer."""

    who: Identity
    call: Call
    bundle: str
    """Digest of the bundle that decided."""
    upstreams: str
    """Digest of the upstreams of that time, and their prices."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One attempt that a model may have worked on."""

    asked: Asked
    zone: str
    model: str
    """The name that its record has, which is the one that has the price."""
    outcome: Body


@dataclass(frozen=True, slots=True)
class Lone:
    """An outcome in no schema that is known here, or whose decision or attempt is not there."""

    id: str


class Log(Protocol):
    """Records, and the texts that they name by their digests; reading never changes it."""

    def bodies(self, since: str | None, until: str | None) -> Iterator[Body]:
        """Read decisions, attempts and outcomes in the order of the log; some decisions may come from before."""

    def decision(self, record: str) -> Body | None:
        """Return the decision with this id."""

    def prices(self, upstreams: str) -> Prices | None:
        """Return the prices in the upstreams with this digest; None where their text is not there."""

    def policy(self, bundle: str) -> Policy | None:
        """Return the policy of the bundle with this digest; None where its texts are not there."""


def answered(log: Log, since: str | None, until: str | None) -> Iterator[Answered | Lone]:
    """Read every attempt that ended in this time (RFC 3339, UTC; `until` excluded) and that may have cost something.

    What is asked of an endpoint beside a new answer, such as to show a kept one, costs nothing.
    """
    asked, attempts = _Decisions(), _Attempts()
    for body in log.bodies(since, until):
        if body["kind"] == OUTCOME and not (since or "") <= str(body.get("ts")) < (until or LAST):
            continue
        if not is_known(body, body["kind"]):
            if body["kind"] == OUTCOME:
                yield Lone(str(body.get("id")))
        elif body["kind"] == DECISION:
            asked.put(body["id"], _asked(body))
        elif body["kind"] == ATTEMPT:
            attempts.put((body["dec"], body["attempt"]), (body["zone"], body["up"]["model"]))
        elif not is_free(body):
            yield from _joined(log, body, asked, attempts)


def _joined(log: Log, body: Body, asked: "_Decisions", attempts: "_Attempts") -> Iterator[Answered | Lone]:
    """Yield what an outcome is of, unless that costs nothing."""
    decided = body["dec"]
    if decided not in asked.items:
        before = log.decision(decided)
        if before is None or not is_known(before, before["kind"]):
            yield Lone(body["id"])
            return
        asked.put(decided, _asked(before))
    found = asked.items[decided]
    if found is not None:
        of, *first = found
        at = first if body["attempt"] == 1 else attempts.items.get((decided, body["attempt"]))
        yield Lone(body["id"]) if at is None else Answered(of, at[0], at[1], body)


def _asked(body: Body) -> tuple[Asked, str, str] | None:
    """Read a decision with the zone and the model of its first attempt; None for what costs nothing.

    What the system itself asks ends at no model (`proxy.canary`).
    """
    request, actor, up = body["req"], body["actor"], body.get("up")
    if up is None or "op" in request or actor["kind"] == "system":
        return None
    model = request["model_req"]
    asked = Asked(
        who=Identity(actor["team"], actor["app"], actor["id"]),
        call=Call(request["endpoint"], model, model),
        bundle=body["bundle"]["sha256"],
        upstreams=body["bundle"]["upstreams_sha256"],
    )
    return asked, up["zone"], up["model"]


class _Recent(Generic[Key, Value]):
    """The last so many of what was put in, so that a log of any length takes no more memory."""

    def __init__(self) -> None:
        self.items: dict[Key, Value] = {}

    def put(self, key: Key, value: Value) -> None:
        self.items[key] = value
        if len(self.items) > REMEMBERED:
            del self.items[next(iter(self.items))]


class _Decisions(_Recent[str, tuple[Asked, str, str] | None]):
    """By the id of a decision."""


class _Attempts(_Recent[tuple[str, int], tuple[str, str]]):
    """By the id of a decision and the number of the attempt."""


class Database:
    """A log in its database; a running server is not held up. Raises ConfigurationError and Unavailable."""

    def __init__(self, place: Place) -> None:
        if isinstance(place, Path) and not place.is_file():
            raise ConfigurationError(f"There is no log at {place}.")
        self._records = Records(place)
        self._archive = Archive(self._records)

    def bodies(self, since: str | None, until: str | None) -> Iterator[Body]:
        """Read the kinds side by side, page by page."""
        pages = (self._every(kind, since if kind == OUTCOME else _earlier(since), until) for kind in KINDS)
        return (record.body for record in heapq.merge(*pages, key=lambda record: record.seq))

    def decision(self, record: str) -> Body | None:
        """Return the decision with this id."""
        try:
            found = self._records.one(record)
        except AuditUnavailable as error:
            raise _unreadable(error) from None
        return found.body if found is not None and found.body.get("kind") == DECISION else None

    def prices(self, upstreams: str) -> Prices | None:
        """Return the prices in an archived text."""
        try:
            text = self._records.text(upstreams)
        except AuditError as error:
            raise _unreadable(error) from None
        return None if text is None else prices_of(text)

    def policy(self, bundle: str) -> Policy | None:
        """Return the policy that decided."""
        try:
            return self._archive.policy(bundle)
        except AuditError as error:
            raise _unreadable(error) from None

    def _every(self, kind: str, since: str | None, until: str | None) -> Iterator[ReadRecord]:
        after: int | None = -1
        while after is not None:
            try:
                page = self._records.page(Filters(since=since, until=until, kind=kind), after=after, limit=MAX_LIMIT)
            except AuditError as error:
                raise _unreadable(error) from None
            yield from (record for record in page.records if "erased" not in record.body)
            after = page.next


class Export:
    """The records of an exported log, with its texts, or of a file with a record a line, which has none."""

    def __init__(self, path: Path) -> None:
        self._path = path / "records.jsonl" if path.is_dir() else path
        self._texts = path / "texts"
        self._bundles: dict[str, tuple[str, str]] = {}
        """Digests of the texts of each bundle whose activation was read, which stands before what it decided."""

    def bodies(self, since: str | None, until: str | None) -> Iterator[Body]:  # noqa: ARG002 - it is read from the front
        """Read the file; raises ConfigurationError for one, or a line of it, that cannot be read."""
        try:
            with self._path.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    if line == b"\n":
                        continue  # a body that was left out of an export
                    body = _body(line)
                    if body is None:
                        raise ConfigurationError(f"{self._path}:{number} is not a record")
                    if body["kind"] in KINDS:
                        yield body
                    elif body["kind"] == ACTIVATED and is_known(body, body["kind"]):
                        bundle = body["bundle"]
                        self._bundles[bundle["sha256"]] = (body["files_sha256"], bundle["upstreams_sha256"])
        except OSError as error:
            raise ConfigurationError(f"{self._path} cannot be read: {error.strerror}") from None

    def decision(self, record: str) -> Body | None:  # noqa: ARG002 - what is there has been read
        """Return None: a decision stands before its outcomes, or is not there."""
        return None

    def prices(self, upstreams: str) -> Prices | None:
        """Return the prices in a text of the export that has this digest."""
        text = self._text(upstreams)
        return None if text is None else prices_of(text)

    def policy(self, bundle: str) -> Policy | None:
        """Return the policy of a bundle whose texts are in the export."""
        files, upstreams = map(self._text, self._bundles.get(bundle, ("", "")))
        return None if files is None or upstreams is None else read_back(bundle, files, upstreams)

    def _text(self, sha256: str) -> bytes | None:
        """Return a text that has this digest."""
        try:
            text = (self._texts / sha256).read_bytes()
        except OSError:
            return None
        return text if hashlib.sha256(text).hexdigest() == sha256 else None


def _body(line: bytes) -> Body | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    body = value.get("body", value) if isinstance(value, dict) else None
    if isinstance(body, dict) and body.keys() == {"erased"}:
        return {"kind": ""}
    return body if isinstance(body, dict) and isinstance(body.get("kind"), str) else None


def _earlier(since: str | None) -> str | None:
    if since is None:
        return None
    return written(datetime.fromisoformat(since) - EARLIER)


def _unreadable(error: AuditError) -> Exception:
    if isinstance(error, AuditUnavailable):
        return Unavailable(f"The audit log cannot be read ({error.reason}).", code="audit_unavailable")
    return ConfigurationError(f"The audit log cannot be read: {error}")
