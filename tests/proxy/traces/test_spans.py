from proxy.traces.caller import Caller
from proxy.traces.notes import Attempted, Note, Recorded, Stage, Trace
from proxy.traces.spans import Kind, Span, spans

EPOCH_NS = 1_800_000_000_000_000_000
PARENT = "5" * 16


def ended(status: str = "ok", number: int = 1, http: int = 200, record: str = "r1", upstream: str = "local") -> Note:
    return Attempted(record, number, upstream, "onprem", status, http)


def decided(record: str = "r1", *, attempts: bool = True) -> Note:
    return Recorded(record, "q1", "pin" if attempts else "block", "onprem" if attempts else "", attempts)


def made(*noted: Note | str, status: int = 200) -> list[Span]:
    """Make the spans of notes that are a millisecond apart; a text is a stage."""
    trace = Trace(Caller("4" * 32, PARENT), 100.0, EPOCH_NS, endpoint="chat", status=status)
    for number, note in enumerate(noted, 1):
        trace.notes.append((100 + number / 1000, Stage(note) if isinstance(note, str) else note))
    return spans(trace, 100 + (len(noted) + 1) / 1000)


def drawn(found: list[Span]) -> list[tuple[str, str, int, int]]:
    """Return each span's name, the name of what it is part of, and when it began and ended in milliseconds."""
    names = {span.id: span.name for span in found} | {PARENT: "the caller's"}
    return [
        (span.name, names[span.parent], (span.begun - EPOCH_NS) // 10**6, (span.ended - EPOCH_NS) // 10**6)
        for span in found
    ]


def test_an_answered_request_has_its_stages_one_after_the_other() -> None:
    found = made("detect", "decide", "queue", decided(), "audit", "ttfb", ended())
    assert drawn(found) == [
        ("chat", "the caller's", 0, 8),
        ("detect", "chat", 0, 1),
        ("decide", "chat", 1, 2),
        ("attempt", "chat", 2, 7),
        ("queue", "attempt", 2, 3),
        ("audit", "attempt", 3, 5),
        ("upstream", "attempt", 5, 7),
        ("first byte", "upstream", 5, 6),
    ]
    assert found[0].facts == {
        "ringfence.audit_id": "r1",
        "ringfence.request_id": "q1",
        "ringfence.decision": "pin",
        "ringfence.zone": "onprem",
        "ringfence.upstream": "local",
        "http.response.status_code": 200,
    }
    assert found[3].facts == {
        "ringfence.audit_id": "r1",
        "ringfence.attempt": 1,
        "ringfence.upstream": "local",
        "ringfence.zone": "onprem",
        "ringfence.status": "ok",
    }
    assert [span.kind for span in found if span.kind is not Kind.INTERNAL] == [Kind.SERVER, Kind.CLIENT]
    assert not any(span.failed for span in found)


def test_a_refusal_ends_with_its_record() -> None:
    found = made("detect", "decide", decided(attempts=False), status=403)
    assert drawn(found)[1:] == [("detect", "chat", 0, 1), ("decide", "chat", 1, 2), ("audit", "chat", 2, 3)]
    assert found[0].facts["ringfence.decision"] == "block"
    assert "ringfence.zone" not in found[0].facts
    assert not found[0].failed


def test_each_attempt_has_its_own_stages_and_says_how_it_ended() -> None:
    first = ended("not_sent", http=0, upstream="broken")
    found = made("detect", "decide", "queue", decided(), "audit", first, "queue", "audit", "ttfb", ended(number=2))
    assert drawn(found)[3:] == [
        ("attempt", "chat", 2, 6),
        ("queue", "attempt", 2, 3),
        ("audit", "attempt", 3, 5),
        ("upstream", "attempt", 5, 6),
        ("attempt", "chat", 6, 10),
        ("queue", "attempt", 6, 7),
        ("audit", "attempt", 7, 8),
        ("upstream", "attempt", 8, 10),
        ("first byte", "upstream", 8, 9),
    ]
    attempts = [span for span in found if span.name == "attempt"]
    assert [span.facts["ringfence.status"] for span in attempts] == ["not_sent", "ok"]
    assert [span.failed for span in found if span.name in {"attempt", "upstream"}] == [True, True, False, False]
    assert found[0].facts["ringfence.upstream"] == "local"
    assert found[6].facts == {}


def test_what_was_read_whole_before_it_is_passed_on_leaves_nothing_behind_its_attempt() -> None:
    """An own server's answer that is not sure, and then a vendor's that is read whole as well."""
    way = ("queue", decided(), "audit", "ttfb", ended(), "ttfb")
    found = made("detect", "decide", *way, *way)
    assert [span.name for span in found].count("first byte") == 2
    assert drawn(found)[8] == ("attempt", "chat", 8, 13)


def test_a_body_that_is_scanned_twice_has_one_stage_of_it() -> None:
    found = made("detect", "detect", "decide", "decide", decided(attempts=False))
    assert drawn(found)[1:3] == [("detect", "chat", 0, 2), ("decide", "chat", 2, 4)]


def test_a_request_that_is_refused_after_it_waited_shows_the_wait() -> None:
    assert [span.name for span in made("detect", "decide", "queue", decided(attempts=False))] == [
        "chat", "detect", "decide", "queue", "audit",
    ]  # fmt: skip


def test_a_request_that_was_not_understood_is_one_span_and_failed_only_where_the_fault_is_ours() -> None:
    (refused,), (failed,), (left,) = made(status=400), made(status=503), made(status=0)
    assert [refused.failed, failed.failed, left.failed] == [False, True, False]
    assert (refused.facts, left.facts) == ({"http.response.status_code": 400}, {})
