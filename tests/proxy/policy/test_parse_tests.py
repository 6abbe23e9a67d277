import datetime as dt

from proxy.files.diagnostics import Problems
from proxy.files.source import parse
from proxy.policy.exceptions import NEVER_LIVE
from proxy.policy.labels import Sample
from proxy.policy.model import Call, Expectation, Identity, Outcome
from proxy.policy.parse_context import Context
from proxy.policy.parse_tests import UNLISTED, inline_test


def test_a_test_is_read_with_scores_rounded_up_as_real_ones_are() -> None:
    text = (
        "{name: n, given: {team: t, app: a, key: k, endpoint: chat, model: m, resolved: r, on: 2026-06-30, "
        "findings: {PERSON: [0.9, 0.51]}}, expect: {decision: pin, zone: home, rules: [], ceilings: [pii]}}"
    )
    context = Context(Problems())
    test = inline_test(parse(text.encode(), "p.yaml"), context)
    assert context.problems.found == ()
    assert (test.who, test.call) == (Identity("t", "a", "k"), Call("chat", "m", "r"))
    assert (test.findings, test.on) == ({"PERSON": (11, 18)}, dt.date(2026, 6, 30))
    assert test.expect == Expectation(Outcome.PIN, "home", (), ("pii",))


def test_names_that_are_not_given_are_unlisted() -> None:
    test = inline_test(
        parse(b"{name: n, given: {endpoint: chat}, expect: {decision: allow}}", "p.yaml"), Context(Problems())
    )
    assert test.who == Identity(UNLISTED, UNLISTED, UNLISTED)
    assert test.call == Call("chat", UNLISTED, UNLISTED)
    assert (test.on, test.expect) == (NEVER_LIVE, Expectation(Outcome.ALLOW))


def test_a_request_says_which_model_is_asked_for() -> None:
    text = b"{name: n, given: {request: {model: gpt-5, messages: [{}]}}, expect: {decision: pin}}"
    context = Context(Problems())
    test = inline_test(parse(text, "p.yaml"), context)
    assert context.problems.found == ()
    assert test.call == Call("chat", "gpt-5", "gpt-5")
    assert test.sample == Sample(b'{"model":"gpt-5","messages":[{}]}', request=True)
    assert test.findings == {}
    resolved = inline_test(parse(text.replace(b"{request", b"{resolved: own, request"), "p.yaml"), context)
    assert resolved.call == Call("chat", "gpt-5", "own")
