import pytest

from proxy.policy.model import Decision, Landing, Outcome, Trust
from proxy.policy.shift import Shift, Verdict, judge

TRUST = {"us": Trust.VENDOR, "eu": Trust.VENDOR, "home": Trust.OWN, "lab": Trust.OWN}


def zones(*names: str) -> Decision:
    return Decision(Outcome.ALLOW, names)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ("us home", "us home", None),
        ("us home", "us home eu", Verdict.LOOSER),
        ("us home", "eu", Verdict.LOOSER),
        ("", "home", Verdict.LOOSER),
        ("home us", "us", Verdict.LOOSER),
        ("home us", "us home", Verdict.LOOSER),
        ("us home", "home us", Verdict.TIGHTER),
        ("us home", "us", Verdict.TIGHTER),
        ("us eu home", "eu us home", Verdict.MOVED),
        ("home lab", "lab home", Verdict.MOVED),
        ("us home eu", "us eu home", Verdict.LOOSER),
        ("home us lab", "lab us home", Verdict.LOOSER),
    ],
)
def test_looser_tighter_and_moved_are_told_apart(before: str, after: str, verdict: Verdict | None) -> None:
    assert judge(zones(*before.split()), zones(*after.split()), TRUST, TRUST) is verdict


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((), ("us",), Verdict.LOOSER),
        (("us",), (), Verdict.TIGHTER),
        (("us",), ("eu",), Verdict.LOOSER),
        (("us", "eu"), ("eu", "us"), None),
    ],
)
def test_where_state_may_be_kept_is_compared_too(
    before: tuple[str, ...], after: tuple[str, ...], verdict: Verdict | None
) -> None:
    one, other = (Decision(Outcome.ALLOW, ("us", "eu"), stores=stores) for stores in (before, after))
    assert judge(one, other, TRUST, TRUST) is verdict


def test_a_zone_lost_weighs_less_than_leave_to_keep_state_gained() -> None:
    fewer = Decision(Outcome.ALLOW, ("us",), stores=("us",))
    assert judge(zones("us", "eu"), fewer, TRUST, TRUST) is Verdict.LOOSER


def test_a_shift_is_told_by_the_zones_that_come_and_go() -> None:
    before, after = Landing(Outcome.ALLOW, ("us", "eu"), ("us",)), Landing(Outcome.ALLOW, ("us", "home"), ("eu",))
    assert (
        str(Shift(Verdict.LOOSER, before, after)) == "allow -> us => allow -> us (+home -eu +state at eu -state at us)"
    )
    assert str(Shift(Verdict.TIGHTER, before, Landing(Outcome.BLOCK, ()))) == "allow -> us => block (-eu -state at us)"
