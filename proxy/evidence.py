"""What the audit log is told: record bodies made from values of ours. No text of a caller or an upstream gets in.

A name that somebody else chose stands here only as the configured or registered name it resolved to; scores stand as
histograms, so that a decision can be made again exactly without the text.
"""

import ipaddress
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from audit.errors import AuditError, AuditUnavailable, RecordRefused
from audit.record import MAX_BODY_BYTES
from proxy.activation import Active
from proxy.content import Content
from proxy.detection.findings import UNSCANNED, Finding, Scan
from proxy.errors import RingfenceError, Unavailable
from proxy.identity import Caller
from proxy.policy.labels import to_grid
from proxy.policy.model import Decision
from proxy.routing import Candidate
from proxy.upstreams.sse import Observed

log = logging.getLogger(__name__)
MAX_LISTED = 64
"""Paths and types that one record can list."""
MAX_PATH = 200
ENVELOPE_BYTES = 1024
"""Room for what the log itself adds to a record."""


@dataclass(slots=True)
class Clock:
    """Microseconds that each stage took, from the arrival of the request on."""

    started: float = field(default_factory=time.perf_counter)
    spent: dict[str, int] = field(default_factory=dict)
    _last: float = 0.0

    def mark(self, stage: str) -> None:
        """Add the time since the last mark to a stage."""
        now = time.perf_counter()
        self.spent[stage] = self.spent.get(stage, 0) + int((now - (self._last or self.started)) * 1e6)
        self._last = now

    def total(self) -> dict[str, int]:
        """Return every stage, and the total until now."""
        return {**self.spent, "total": int((time.perf_counter() - self.started) * 1e6)}


@dataclass(frozen=True, slots=True)
class Ask:
    """One authenticated request: who, from where, and the body as parsed once."""

    id: str
    endpoint: str
    caller: Caller
    address: str
    body: dict[str, Any]
    raw: bytes
    clock: Clock


@dataclass(frozen=True, slots=True)
class Judged:
    """A request with everything that the decision was made from, and the decision."""

    active: Active
    content: Content
    model: str
    """The registered name that the requested model resolved to."""
    detector_set: str
    scan: Scan
    found: tuple[Finding, ...]
    """Of `findings`: the scan's, and those that stand for parts that are no text."""
    scores: Mapping[str, tuple[int, ...]]
    """Of `scores`: what `decide` was given."""
    decision: Decision


def findings(scan: Scan, content: Content) -> tuple[Finding, ...]:
    """All findings: what detection found, and one UNSCANNED for each part that is no text."""
    opaque = (Finding(UNSCANNED, 1.0, part.reason, part.path, part.path.encode()) for part in content.opaque)
    return (*scan.findings, *opaque)


def scores(found: tuple[Finding, ...]) -> dict[str, tuple[int, ...]]:
    """Grid scores of the distinct values of each type, as `decide` takes them; a value counts with its best score."""
    best: dict[str, dict[bytes, int]] = defaultdict(dict)
    for finding in found:
        values = best[finding.entity_type]
        values[finding.value_id] = max(values.get(finding.value_id, 0), to_grid(finding.score))
    return {entity: tuple(sorted(values.values())) for entity, values in best.items()}


def decision(
    ask: Ask, judged: Judged, fingerprints: Mapping[str, str], *, zone: str | None, up: dict[str, Any] | None
) -> dict[str, Any]:
    """Body of a `route.decision` for the zone that is about to be used; a dry run and a refusal name no upstream."""
    made, active = judged.decision, judged.active
    body: dict[str, Any] = {
        "req": {
            "id": ask.id,
            "endpoint": ask.endpoint,
            "model_req": judged.model,
            "model_resolved": up["model"] if up else judged.model,
            "stream": ask.body.get("stream") is True,
            "bytes_in": len(ask.raw),
            "n_messages": judged.content.n_messages,
            "n_tools": judged.content.n_tools,
            "n_opaque": len(judged.content.opaque),
            "body_fp": fingerprints["body"],
        },
        "actor": ask.caller.actor,
        "net": {"ingress": "http", "ip_fp": fingerprints["ip"]},
        "bundle": active.record(),
        "detect": _detect(judged),
        "classes": [{"c": name, "count": count, "score_bp": grid * 500} for name, count, grid in made.classes],
        "decision": made.outcome.value,
        "zones_left": list(made.zones),
        "rules": [{"id": rule, "effect": effect} for rule, effect in made.rules],
        "ceilings": list(made.ceilings),
        "obligations": [
            {"kind": "log", "value": "full" if made.log_full else "summary"},
            *({"kind": "notify", "value": channel} for channel in made.notify),
        ],
        "exceptions": [{"id": used.id, "without": _would(used.outcome, used.zone)} for used in made.exceptions],
        "shadow": [{"rule": would.rule, "would": _would(would.outcome, would.zone)} for would in made.shadow],
        "dry_run": ask.endpoint == "inspect",
    }
    if zone is not None:
        body["zone"] = zone
    if up is not None:
        body["up"] = up
    if made.log_full:
        room = MAX_BODY_BYTES - ENVELOPE_BYTES - len(orjson.dumps(body))
        body["detect"]["paths"] = _places(judged.found, room)
    return body


def upstream(candidate: Candidate, active: Active, body_fp: str) -> dict[str, Any]:
    """Return the `up` object: where one attempt may go, with which bytes."""
    at = candidate.upstream
    return {
        "id": at.id,
        "zone": at.zone,
        "provider": at.kind,
        "model": active.registry.registered(candidate.model),
        "endpoint_sha256": at.endpoint_sha256,
        "body_fp": body_fp,
        **({"region": at.region} if at.region else {}),
    }


def outcome(
    record_id: str,
    attempt: int,
    status: str,
    *,
    http: int | None = None,
    candidate: Candidate | None = None,
    observed: Observed | None = None,
    active: Active | None = None,
    sent: int = 0,
    received: int = 0,
    lat_us: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Body of a `route.outcome`. `sent` 0 with `not_sent` says that no byte of the body was written."""
    body: dict[str, Any] = {
        "dec": record_id,
        "attempt": attempt,
        "status": status,
        "bytes_sent": sent,
        "bytes_recv": received,
    }
    if http is not None and 100 <= http <= 599:  # noqa: PLR2004 - a server may answer any number; a record takes these
        body["http"] = http
    if candidate is not None and observed is not None and active is not None and observed.model:
        body["up_actual"] = {"id": candidate.upstream.id, "model_reported": active.registry.registered(observed.model)}
    if observed is not None and observed.usage:
        body["usage"] = observed.usage
    if observed is not None and observed.finish:
        body["finish"] = observed.finish
    if lat_us:
        body["lat_us"] = dict(lat_us)
    return body


def unrecorded(error: AuditError) -> Exception:
    """Return what a caller is told whose record the log does not take. One outside its schema is a fault of ours."""
    if isinstance(error, AuditUnavailable):
        text = f"The audit log cannot take a record now ({error.reason})."
        return Unavailable(text, code="audit_unavailable")
    if isinstance(error, RecordRefused) and (error.why == "too many items" or not error.where):
        log.error("a request was refused that matches more than one record holds: %s", error)
        text = "This request matches more rules, classes or exceptions of the policy than one audit record can hold."
        return RingfenceError(text, code="record_too_large")
    return error


def address_bytes(address: str) -> bytes:
    """Normalise a peer address for its fingerprint; a Unix socket has none."""
    try:
        return ipaddress.ip_address(address).packed
    except ValueError:
        return b""


def _detect(judged: Judged) -> dict[str, Any]:
    scan = judged.scan
    detectors: dict[str, set[str]] = defaultdict(set)
    for finding in judged.found:
        detectors[finding.entity_type].add(finding.detector)
    body: dict[str, Any] = {
        "set_sha256": judged.detector_set,
        "complete": scan.complete and not judged.content.opaque,
        "us": scan.us,
        "segments": scan.segments,
        "views": scan.views,
        "cached": scan.cached,
        "types": [
            {
                "t": entity,
                "det": sorted(detectors[entity])[:16],
                "hist": {str(grid): count for grid, count in sorted(Counter(grids).items())},
            }
            for entity, grids in sorted(judged.scores.items())[:MAX_LISTED]
        ],
    }
    failures = sorted(scan.failures | {"opaque" for _ in judged.content.opaque[:1]})
    if failures:
        body["fail"] = failures[:16]
    return body


def _places(found: tuple[Finding, ...], room: int) -> list[dict[str, str]]:
    """List types with paths, as many as fit into `room` bytes; a path that is too deep for a record ends in `*`."""
    listed: list[dict[str, str]] = []
    for entity, path in sorted({(finding.entity_type, finding.path or "$") for finding in found})[:MAX_LISTED]:
        place = {"t": entity, "path": path if len(path) <= MAX_PATH else f"{path[: MAX_PATH - 1]}*"}
        room -= len(orjson.dumps(place)) + 1
        if room < 0:
            break
        listed.append(place)
    return listed


def _would(result: Any, zone: str | None) -> dict[str, str]:
    return {"decision": result.value, **({"zone": zone} if zone else {})}
