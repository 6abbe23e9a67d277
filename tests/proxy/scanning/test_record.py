import orjson
from hypothesis import given
from hypothesis import strategies as st

from audit.records.record import MAX_BODY_BYTES, new_id, validate
from proxy import evidence
from proxy.detection.findings import Finding
from proxy.policy.answering import Verdict
from proxy.scanning.record import answer

NAMED = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True), max_size=200).map(tuple)


@given(
    st.lists(st.tuples(st.from_regex(r"[A-Z][A-Z0-9_]{0,30}", fullmatch=True), st.floats(0.01, 1)), max_size=200),
    st.sets(st.sampled_from(["deadline", "binary", "broken_off"])),
    st.tuples(NAMED, NAMED, NAMED, NAMED),
)
def test_whatever_is_found_in_an_answer_makes_a_record_that_the_log_takes(
    found: list[tuple[str, float]], failures: set[str], names: tuple[tuple[str, ...], ...]
) -> None:
    findings = tuple(Finding(kind, score, "d", "", str(at).encode()) for at, (kind, score) in enumerate(found))
    rules, shadow, exceptions, classes = names
    verdict = Verdict(
        blocked=True,
        rules=rules,
        shadow=shadow,
        exceptions=exceptions,
        classes=tuple((name, 1, 20) for name in classes),
    )
    said = answer(findings, failures, 12, verdict)
    body = evidence.outcome(new_id(), 1, "answer_blocked")
    validate("route.outcome", {**body, "answer": said})
    assert len(orjson.dumps(said)) <= MAX_BODY_BYTES - 2048
    assert said["complete"] is (not said.get("fail"))
    assert failures <= set(said.get("fail", ()))
    assert said.get("rules", []) == list(rules[:64])
