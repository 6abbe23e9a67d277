from collections.abc import Callable

from kept import Kept

from proxy.policy.model import Identity, Landing, Outcome
from proxy.policy.noted import Effect, Noted
from proxy.policy.policy import Policy

RULES = """\
  - {id: places-stay, if: {class: place}, then: pin, because: b}
  - {id: no-places, mode: shadow, until: 2026-07-01, if: {class: place, min_count: 2}, then: block, because: b}
"""
WAIVED = (
    "exceptions:\n  - {id: EX-1, waives: places-stay, for: {apps: [bot]}, until: 2026-06-01, owner: ann, "
    "approved_by: bob, ticket: T-1, because: b}\n"
)
HOME, OUT, NOWHERE = Landing(Outcome.PIN, ("home",)), Landing(Outcome.ALLOW, ("us",)), Landing(Outcome.BLOCK, ())


def noted(policy: Policy, app: str, count: int) -> Noted:
    kept = Kept()
    kept.add(policy, {"PLACE": (12,) * count}, who=Identity("x", app, "k"))
    (item,) = kept.notes(None)
    assert isinstance(item, Noted)
    return item


def test_a_rule_in_shadow_leads_from_what_was_decided_to_what_would_have_been(policy: Callable[..., Policy]) -> None:
    built = policy(RULES, exceptions=WAIVED)
    assert list(noted(built, "a", 1).shadowed()) == []
    assert list(noted(built, "a", 2).shadowed()) == [Effect("no-places", HOME, NOWHERE)]
    assert list(noted(built, "bot", 2).shadowed()) == [Effect("no-places", OUT, NOWHERE)]


def test_an_exception_leads_from_what_would_have_been_to_what_was_decided(policy: Callable[..., Policy]) -> None:
    built = policy(RULES, exceptions=WAIVED)
    assert list(noted(built, "a", 1).waived()) == []
    assert list(noted(built, "bot", 1).waived()) == [Effect("EX-1", HOME, OUT)]


def test_where_two_exceptions_waive_the_same_rule_neither_alone_makes_a_difference(
    policy: Callable[..., Policy],
) -> None:
    twice = WAIVED + WAIVED.split("\n", 1)[1].replace("EX-1", "EX-2")
    assert list(noted(policy(RULES, exceptions=twice), "bot", 1).waived()) == [
        Effect("EX-1", OUT, OUT),
        Effect("EX-2", OUT, OUT),
    ]
