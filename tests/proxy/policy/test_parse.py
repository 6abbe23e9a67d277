import datetime as dt
from collections.abc import Callable

from proxy.files.diagnostics import Problems
from proxy.files.source import parse
from proxy.policy.labels import Sample
from proxy.policy.model import Claim, Condition, What, Who
from proxy.policy.modes import Mode
from proxy.policy.parse import parse_file
from proxy.policy.parse_context import Context, Parts
from proxy.policy.policy import Policy

EVERYTHING = """\
policy: p
version: 7
owner: ann+soc@acme.example
grants:
  - {id: g, who: {teams: [a]}, what: {endpoints: [chat]}, zones: [us, home]}
rules:
  - id: r
    who: {apps: [x], keys: ['ak_*'], not_teams: [b]}
    what: {models: ['gpt-*']}
    if: {class: pii, min_count: 2, min_score: 0.6}
    then: {only: [home, eu]}
    because: >
      folded over
      two lines
    log: full
    notify: [z, y]
    mode: shadow
claims:
  - {never: pii, in: [us, eu]}
"""


def read(text: str) -> tuple[Parts, Context]:
    context = Context(Problems())
    parts = parse_file(parse(text.encode(), "p.yaml"), context)
    assert context.problems.found == ()
    return parts, context


def test_all_of_the_vocabulary_is_read() -> None:
    parts, context = read(EVERYTHING)
    (grant,), (rule,), (claim,) = parts.grants, parts.rules, parts.claims
    assert (parts.kind, parts.id, parts.owner) == ("policy", ("p", 7), "ann+soc@acme.example")
    assert (grant.zones, grant.who, grant.what) == (("us", "home"), Who(teams=("a",)), What(endpoints=("chat",)))
    assert rule.who == Who(apps=("x",), keys=("ak_*",), not_teams=("b",))
    assert rule.condition == Condition("pii", 2, 12)
    assert (rule.effect, rule.only, rule.because) == ("only", ("eu", "home"), "folded over two lines")
    assert (rule.log_full, rule.notify, rule.mode) == (True, ("y", "z"), Mode.SHADOW)
    assert claim == Claim("pii", ("eu", "us"))
    used = sorted((item.kind, item.name) for item in context.references)
    channels = [("channel", name) for name in ("y", "z")]
    zones = [("zone", name) for name in ("eu", "eu", "home", "home", "us", "us")]
    assert used == [*channels, ("class", "pii"), ("class", "pii"), *zones]


def test_an_exception_is_read_whole() -> None:
    text = (
        "exceptions:\n  - {id: EX-1, waives: r, for: {apps: [b, a], teams: [t]}, until: 2026-06-30, owner: ann, "
        "approved_by: bob, ticket: SEC/1, because: why}\n"
    )
    (item,) = read(text)[0].exceptions
    assert (item.id, item.waives, item.until) == ("EX-1", "r", dt.date(2026, 6, 30))
    assert item.who == Who(teams=("t",), apps=("a", "b"))
    assert (item.owner, item.approved_by, item.ticket, item.because) == ("ann", "bob", "SEC/1", "why")


def test_a_rule_without_conditions_is_for_everything(policy: Callable[..., Policy]) -> None:
    (rule,) = policy("  - {id: r, then: pin, because: b}").bundle.rules
    assert (rule.who, rule.what, rule.condition) == (Who(), What(), None)


def test_a_file_of_tests_is_read() -> None:
    parts, _ = read("tests:\n  - {name: t, given: {text: a}, expect: {decision: pin}}\n")
    (test,) = parts.tests
    assert (parts.kind, test.name, test.sample) == ("tests", "t", Sample(b"a", request=False))
