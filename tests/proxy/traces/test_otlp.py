from collecting import read
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from proxy.traces.otlp import FAILED, encoded, request
from proxy.traces.spans import Kind, Span

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_what_is_written_is_read_by_the_messages_of_opentelemetry() -> None:
    facts: dict[str, str | int] = {"ringfence.zone": "onprem", "http.response.status_code": 503}
    root = Span("chat", "", 1_800_000_000_000_000_001, 1_800_000_000_000_000_002, Kind.SERVER, facts, failed=True)
    below = Span("upstream", root.id, root.begun, root.ended, Kind.CLIENT)
    first, second = read(request([encoded(TRACE, [root, below])]))
    assert (first.name, first.trace, first.message.span_id.hex()) == ("chat", TRACE, root.id)
    assert first.message.parent_span_id == b""
    assert (first.message.start_time_unix_nano, first.message.end_time_unix_nano) == (root.begun, root.ended)
    assert (first.message.kind, second.message.kind) == (Message.SPAN_KIND_SERVER, Message.SPAN_KIND_CLIENT)
    assert first.facts == facts
    assert first.message.status == Status(code=Status.STATUS_CODE_ERROR)
    assert FAILED == Status.STATUS_CODE_ERROR
    assert second.message.parent_span_id.hex() == root.id
    assert second.message.status == Status()


def test_several_traces_go_in_one_request() -> None:
    pieces = [encoded(trace * 16, [Span("chat", "", 1, 2)]) for trace in ("0a", "0b")]
    assert [span.trace for span in read(request(pieces))] == ["0a" * 16, "0b" * 16]
