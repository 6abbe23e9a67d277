"""What a channel is told of a decision: from the body of its record, which holds no content, and from the policy.

A JSON object in the shape that Standard Webhooks recommends, the same for every kind of channel. Names, counts and
digests are the record's; the only text is the policy's own, the reasons of the rules that asked.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from proxy.policy.model import Rule

TYPE, ANSWER = "ringfence.decision", "ringfence.answer"
"""Of a decision on a request, and of an answer that was blocked."""
MAX_BYTES = 8192
"""Of one message: what receivers of syslog take."""
MAX_LISTED = 16
"""Classes and rules that are listed; the record has them all."""


def message(record_id: str, seq: int | None, body: Mapping[str, Any], asked: Sequence[Rule]) -> dict[str, Any]:
    """Make the message of a decision for the channel that these rules asked to tell.

    `body` is that of the durable `route.decision` record, or says the same of an answer, with `answer`; `seq` is None
    while the record is in the spool. Of what would make the message longer than MAX_BYTES, the rules' reasons are left
    out, the last first.
    """
    found = [{"class": item["c"], "count": item["count"]} for item in body["classes"][:MAX_LISTED]]
    rules: list[dict[str, str]] = [{"id": rule.id, "effect": rule.effect} for rule in asked[:MAX_LISTED]]
    told = {
        "type": ANSWER if body.get("answer") else TYPE,
        "timestamp": _time(record_id),
        "data": {
            "record": record_id,
            **({} if seq is None else {"seq": seq}),
            "decision": body["decision"],
            **({"zone": body["zone"]} if "zone" in body else {}),
            "team": body["actor"]["team"],
            "app": body["actor"]["app"],
            "endpoint": body["req"]["endpoint"],
            "dry_run": body["dry_run"],
            "bundle": body["bundle"]["sha256"],
            "classes": found,
            "rules": rules,
        },
    }
    room = MAX_BYTES - len(encode(told))
    for shown, rule in zip(rules, asked, strict=False):
        room -= len(encode({"because": rule.because}))
        if room < 0:
            break
        shown["because"] = rule.because
    return told


def encode(told: Mapping[str, Any]) -> bytes:
    """Return a message as JSON in one line of ASCII: every receiver of syslog can read it."""
    return json.dumps(told, separators=(",", ":")).encode()


def _time(record_id: str) -> str:
    """Return when the record was made, in UTC, from the milliseconds in its id (RFC 9562, UUIDv7)."""
    made = dt.datetime.fromtimestamp(int(record_id.replace("-", "")[:12], 16) / 1000, dt.UTC)
    return made.isoformat(timespec="milliseconds").replace("+00:00", "Z")
