"""A collector of traces: a real HTTP server, whose posts are read by OpenTelemetry's own messages."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseDict
from harness import StandIn, eventually
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

IDS = ("traceId", "spanId", "parentSpanId")


@dataclass(frozen=True)
class Told:
    """One span as it arrived."""

    message: Message
    facts: Mapping[str, str | int]

    @property
    def name(self) -> str:
        return self.message.name

    @property
    def trace(self) -> str:
        return self.message.trace_id.hex()


class Collector(StandIn):
    """Takes whatever it is told, and keeps it."""

    def __init__(self) -> None:
        super().__init__("collector", behaviour="status:200")

    @property
    def traces_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/traces"

    def told(self) -> list[Told]:
        """Return all spans that arrived so far."""
        return [span for post in list(self.posts) for span in read(post.body)]

    def trace_of(self, audit_id: str) -> list[Told]:
        """Wait for the trace of the request with this record, and return it: its root first."""

        def arrived() -> list[Told]:
            traces = {span.trace for span in self.told() if span.facts.get("ringfence.audit_id") == audit_id}
            return [span for span in self.told() if span.trace in traces]

        return list(eventually(arrived))


def read(body: bytes) -> Iterator[Told]:
    """Yield the spans of a post; raises ParseError for what is none. Ids are in hex there, and not in base64."""
    asked = json.loads(body)
    for span in (span for one in asked["resourceSpans"] for scope in one["scopeSpans"] for span in scope["spans"]):
        span.update({name: base64.b64encode(bytes.fromhex(span[name])).decode() for name in IDS if name in span})
    for resource in ParseDict(asked, ExportTraceServiceRequest()).resource_spans:
        for scope in resource.scope_spans:
            for message in scope.spans:
                yield Told(message, facts(message.attributes))


def facts(attributes: Any) -> dict[str, str | int]:
    """Return attributes as a mapping."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


def tree(spans: list[Told], parent: bytes | None = None) -> list[Any]:
    """Return the names of spans as they are nested, by when they began; one without children is its name alone."""
    top = spans[0].message.span_id
    if parent is None:
        return [spans[0].name, *tree(spans[1:], top)]
    below = [span for span in spans if span.message.parent_span_id == parent]
    nested = [[span.name, *tree(spans, span.message.span_id)] for span in below]
    return [one if len(one) > 1 else one[0] for one in nested]


def assert_within(spans: list[Told]) -> None:
    """Each is within the one that it is part of, begins where a sibling before it ended or later, and has an id."""
    by_id = {span.message.span_id: span.message for span in spans}
    assert len(by_id) == len(spans)
    assert all(span.message.start_time_unix_nano <= span.message.end_time_unix_nano for span in spans)
    for span in spans[1:]:
        parent = by_id[span.message.parent_span_id]
        assert parent.start_time_unix_nano <= span.message.start_time_unix_nano, span.name
        assert span.message.end_time_unix_nano <= parent.end_time_unix_nano, span.name
        before = [other.message for other in spans[: spans.index(span)]]
        siblings = [other for other in before if other.parent_span_id == span.message.parent_span_id]
        assert all(other.end_time_unix_nano <= span.message.start_time_unix_nano for other in siblings[1:]), span.name
