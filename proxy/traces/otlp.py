"""Spans as a collector takes them: OTLP/HTTP 1.x, JSON (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding").

Ids are in hex there, 64-bit numbers are strings, and names are those of opentelemetry-proto in lowerCamelCase.
"""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import orjson

from proxy.traces.spans import Span

FAILED = 2
"""STATUS_CODE_ERROR."""


def encoded(trace: str, spans: Iterable[Span]) -> bytes:
    """Return the spans of a trace as members of a JSON array."""
    return orjson.dumps([_span(trace, span) for span in spans])[1:-1]


def request(traces: Iterable[bytes]) -> bytes:
    """Return one ExportTraceServiceRequest with the spans of all these."""
    resource = orjson.dumps(_attributes({"service.name": "ringfence", "service.version": version("ringfence")}))
    return (
        b'{"resourceSpans":[{"resource":{"attributes":%s},"scopeSpans":[{"scope":{"name":"ringfence"},"spans":[%s]}]}]}'
        % (
            resource,
            b",".join(traces),
        )
    )


def _span(trace: str, span: Span) -> dict[str, Any]:
    return {
        "traceId": trace,
        "spanId": span.id,
        **({"parentSpanId": span.parent} if span.parent else {}),
        "name": span.name,
        "kind": int(span.kind),
        "startTimeUnixNano": str(span.begun),
        "endTimeUnixNano": str(span.ended),
        "attributes": _attributes(span.facts),
        **({"status": {"code": FAILED}} if span.failed else {}),
    }


def _attributes(facts: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for name, value in facts.items()
    ]
