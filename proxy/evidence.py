"""What the audit log is told: record bodies made from values of ours. No text of a caller or an upstream gets in.

A name that somebody else chose stands here only as the configured or registered name it resolved to; scores stand as
histograms, so that a decision can be made again exactly without the text.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any, Self

import orjson

from audit.errors import AuditError, AuditUnavailable, RecordRefused
from audit.records.record import MAX_BODY_BYTES
from proxy.activation import Active
from proxy.capabilities import Needs, needs, sort_out
from proxy.clock import Clock
from proxy.content.walk import Content
from proxy.detection.findings import UNSCANNED, Finding, Scan
from proxy.endpoints.endpoint import Endpoint
from proxy.endpoints.observed import Observed
from proxy.errors import RequestRefused, RingfenceError, Unavailable
from proxy.holders import Holder
from proxy.identity import Caller
from proxy.policy.labels import to_grid
from proxy.policy.model import Call, Decision
from proxy.routing import Candidate, Route, routes, to_holder
from proxy.traces import notes
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import OTHER

log = logging.getLogger(__name__)
MAX_LISTED, MAX_PATH = 64, 200
"""Paths and types that one record can list, and the characters of a path."""
REFUSED = frozenset({"not_sent", "refused_by_upstream"})
"""How an attempt ends at which no model server worked."""
NOTHING = Needs("")
ENVELOPE_BYTES = 1024
"""Room for what the log itself adds to a record."""


@dataclass(slots=True)
class Fate:
    """What became of a request at model servers, as its outcome records say it."""

    usage: dict[str, int] = field(default_factory=dict)
    """What answers said that they cost, by the record's names: one, or two where the first did not stand."""
    worked: bool = False
    """Whether one of them worked on it, or may have: it answered, or broke off. One that refused it did not."""
    escalates: dict[str, Any] = field(default_factory=dict)
    """Of an answer that does not stand, as the next decision's record says it."""

    def ended(self, status: str, http: int | None, observed: Observed | None) -> None:
        """Note how an attempt ended."""
        if status not in REFUSED and http in {None, 200}:
            self.worked = True
        if observed is not None:
            self.usage |= {name: self.usage.get(name, 0) + count for name, count in observed.usage.items()}


@dataclass(frozen=True, slots=True)
class Ask:
    """One authenticated request: who, from where, and the body as parsed once. Nothing is sent of a dry run."""

    id: str
    endpoint: Endpoint
    caller: Caller
    address: str
    body: dict[str, Any]
    raw: bytes
    clock: Clock
    dry_run: bool = False
    idem_fp: str = ""
    """The fingerprint of the caller's `Idempotency-Key`, if it sent one."""
    fate: Fate = field(default_factory=Fate)


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
    holder: Holder | None = None
    """Holds what the request refers to: it can go nowhere else."""
    needs: Needs = field(default_factory=lambda: NOTHING)
    """What it needs of a model."""
    routes: tuple[Route, ...] = ()
    """Where it may go, and can."""
    lacking: tuple[str, ...] = ()
    """What the models cannot do that it may go to otherwise."""

    @property
    def in_reach(self) -> bool:
        """Whether the decision leaves the zone of what the request refers to.

        A conversation grows with each request: a vendor may keep it only as long as the policy lets it keep state.
        """
        if self.holder is None:
            return True
        at, grows = self.holder.upstream, "conversation" in self.holder.kinds
        return at.zone in (self.decision.stores if grows and at.vendor else self.decision.zones)

    def routed(self, ask: Ask) -> Self:
        """Return it with the routes to models that can do what is asked for."""
        wanted = needs(ask.endpoint, ask.body, self.content)
        found, lacking = sort_out(self.ways(ask), wanted, self.active.registry)
        notes.judged()
        return replace(self, needs=wanted, routes=tuple(found), lacking=() if found else lacking)

    def ways(self, ask: Ask) -> list[Route]:
        """Return where the request may go, whatever the models there can do."""
        if not self.in_reach:
            return []
        zones, registry = self.decision.zones, self.active.registry
        only = self.holder.upstream if self.holder is not None else None
        if ask.endpoint.bodiless and only is not None:
            return to_holder(zones, only, self.model)
        endpoint, model = ask.endpoint.name, ask.body["model"]
        if only is None and model not in registry.estate.splits:
            return self.active.routes[zones, endpoint, model]
        return routes(zones, endpoint, model, registry, only=only, draw=ask.id)


def calls(ask: Ask, registry: Registry) -> list[Call]:
    """Return what is called. Raises RequestRefused: 400 without a model, 404 for one that is not served.

    What is only about kept state names no model: it may be asked for under every model that the caller may use in the
    zone that keeps it.
    """
    if ask.endpoint.bodiless:
        return [Call(ask.endpoint.name, name, name) for name in registry.every() or [OTHER]]
    requested = ask.body.get("model")
    if not isinstance(requested, str):
        raise RequestRefused("'model' must be a string.", param="model")
    return [Call(ask.endpoint.name, requested, registry.resolve(requested))]


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
            "endpoint": ask.endpoint.name,
            "model_req": judged.model,
            "model_resolved": up["model"] if up else judged.model,
            "stream": ask.body.get("stream") is True,
            "bytes_in": len(ask.raw),
            "n_messages": judged.content.n_messages,
            "n_tools": judged.content.n_tools,
            "n_opaque": len(judged.content.opaque),
            "body_fp": fingerprints["body"],
            **({"op": ask.endpoint.op} if ask.endpoint.op else {}),
            **({"idem_fp": ask.idem_fp} if ask.idem_fp else {}),
        },
        "actor": ask.caller.actor,
        "net": {"ingress": "http", "ip_fp": fingerprints["ip"]},
        "bundle": active.record(),
        "detect": _detect(judged),
        "classes": classes(made.classes),
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
        "dry_run": ask.dry_run,
    }
    if judged.holder is not None:
        at = judged.holder.upstream
        body["state"] = [{"kind": kind, "zone": at.zone, "up": at.id} for kind in judged.holder.kinds]
    if made.budgets:
        body["budgets"] = list(made.budgets)
    if made.local_first:
        body["local_first"] = made.local_first.as_json()
    if ask.fate.escalates:
        body["escalates"] = ask.fate.escalates
    if judged.lacking:
        body["missing"] = sorted(judged.lacking)[:16]
    if zone is not None:
        body["zone"] = zone
    if up is not None:
        body["up"] = up
    if made.log_full:
        room = MAX_BODY_BYTES - ENVELOPE_BYTES - len(orjson.dumps(body))
        body["detect"]["paths"] = _places(judged.found, room)
    return body


def upstream(candidate: Candidate, active: Active, body_fp: str, dropped: tuple[str, ...] = ()) -> dict[str, Any]:
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
        **({"arm": candidate.model} if candidate.drawn else {}),
        **({"dropped": list(dropped)} if dropped else {}),
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
        return Unavailable(f"The audit log cannot take a record now ({error.said}).", code="audit_unavailable")
    if isinstance(error, RecordRefused) and (error.why == "too many items" or not error.where):
        log.error("a request was refused that matches more than one record holds: %s", error)
        text = "This request matches more rules, classes or exceptions of the policy than one audit record can hold."
        return RingfenceError(text, code="record_too_large")
    return error


def address_bytes(address: str) -> bytes:
    """Normalise a peer address for its fingerprint; a Unix socket has none."""
    try:
        return inet_pton(AF_INET6 if ":" in address else AF_INET, address.partition("%")[0])
    except (OSError, ValueError):
        return b""


def _detect(judged: Judged) -> dict[str, Any]:
    scan = judged.scan
    body: dict[str, Any] = {
        "set_sha256": judged.detector_set,
        "complete": scan.complete and not judged.content.opaque,
        "us": scan.us,
        "segments": scan.segments,
        "views": scan.views,
        "cached": scan.cached,
        "types": types(judged.found, judged.scores),
    }
    failures = sorted(scan.failures | {"opaque" for _ in judged.content.opaque[:1]})
    if failures:
        body["fail"] = failures[:16]
    return body


def classes(found: tuple[tuple[str, int, int], ...]) -> list[dict[str, Any]]:
    """List classes as a record does, with how many values they have and the highest score."""
    return [{"c": name, "count": count, "score_bp": grid * 500} for name, count, grid in found]


def types(found: tuple[Finding, ...], counted: Mapping[str, tuple[int, ...]]) -> list[dict[str, Any]]:
    """List the types found, with who found them and how many distinct values there are of which score."""
    detectors: dict[str, set[str]] = defaultdict(set)
    for finding in found:
        detectors[finding.entity_type].add(finding.detector)
    return [
        {
            "t": entity,
            "det": sorted(detectors[entity])[:16],
            "hist": {str(grid): count for grid, count in sorted(Counter(grids).items())},
        }
        for entity, grids in sorted(counted.items())[:MAX_LISTED]
    ]


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
