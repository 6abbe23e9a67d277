"""Records of decisions, attempts and outcomes, whole in their schemas, and a log of them in memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.records.record import LATEST, new_id
from proxy.costs.prices import Prices
from proxy.policy.policy import Policy

BUNDLE, UPSTREAMS = "b" * 64, "c" * 64
DAY = "2026-03-10T12:00:00.000000Z"


def envelope(kind: str, ts: str) -> dict[str, Any]:
    return {
        "v": LATEST[kind].v,
        "kind": kind,
        "id": new_id(),
        "salt": "A" * 22,
        "ts": ts,
        "clock": {"src": "unknown", "sync": False},
        "w": {"inst": "here", "epoch": new_id(), "n": 1, "mono_us": 1},
    }


def _up(zone: str, model: str) -> dict[str, Any]:
    fixed = {"provider": "other", "endpoint_sha256": "0" * 64, "body_fp": "fp1.2026q4." + "A" * 22}
    return {"id": "server", "zone": zone, "model": model, **fixed}


def decision(  # noqa: PLR0917 - the facts of one request
    zone: str = "us",
    model: str = "gpt-5",
    team: str = "support",
    app: str = "chatbot",
    key: str = "ak_1",
    requested: str = "",
    ts: str = DAY,
    op: str = "",
    bundle: str = BUNDLE,
) -> dict[str, Any]:
    """Return a decision that was sent on."""
    requested = requested or model
    sizes = dict.fromkeys(("bytes_in", "n_messages", "n_tools", "n_opaque"), 1)
    return {
        **envelope("route.decision", ts),
        "req": {
            "id": new_id(),
            "endpoint": "chat",
            "model_req": requested,
            "model_resolved": model,
            "stream": False,
            **sizes,
            **({"op": op} if op else {}),
        },
        "actor": {"kind": "api_key", "id": key, "app": app, "team": team, "auth_strength": "key"},
        "net": {"ingress": "http"},
        "bundle": {"sha256": bundle, "policies": [], "upstreams_sha256": UPSTREAMS},
        "detect": {
            "set_sha256": "0" * 64,
            "complete": True,
            "types": [],
            **dict.fromkeys(("us", "segments", "views", "cached"), 1),
        },
        "classes": [],
        "decision": "allow",
        "zones_left": [zone],
        **{name: [] for name in ("rules", "ceilings", "obligations", "exceptions", "shadow")},
        "dry_run": False,
        "zone": zone,
        "up": _up(zone, model),
    }


def attempt(decided: Mapping[str, Any], number: int, zone: str, model: str) -> dict[str, Any]:
    told = {"dec": decided["id"], "attempt": number, "zone": zone, "up": _up(zone, model), "why": "upstream_error"}
    return {**envelope("route.attempt", decided["ts"]), **told}


def outcome(decided: Mapping[str, Any], tokens: int | None = 10, number: int = 1, **more: Any) -> dict[str, Any]:
    """Return the end of an attempt that reported so many tokens sent, and half as many answered."""
    usage = {} if tokens is None else {"usage": {"in": tokens, "out": tokens // 2}}
    told = {"dec": decided["id"], "attempt": number, "status": "ok", "http": 200, **usage}
    return {**envelope("route.outcome", decided["ts"]), **told, **more}


@dataclass
class KeptLog:
    """A log in memory."""

    records: list[dict[str, Any]] = field(default_factory=list)
    priced: Mapping[str, Prices] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)

    def bodies(self, since: str | None, until: str | None) -> Iterator[Mapping[str, Any]]:
        return iter(self.records)

    def decision(self, record: str) -> Mapping[str, Any] | None:
        self.looked_up.append(record)
        return None

    def prices(self, upstreams: str) -> Prices | None:
        return self.priced.get(upstreams)

    def policy(self, bundle: str) -> Policy | None:
        return self.policies.get(bundle)
