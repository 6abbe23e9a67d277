"""What claims grant: what the file says, and nothing else."""

from typing import Any

import pytest

from proxy.identity import Role
from proxy.oidc.grants import Grant, Granted, Named, claim, granted

AUDIT, DESK = Named(("audit",)), Named(("desk",))


def fits(claims: dict[str, Any], *conditions: tuple[str, str | bool]) -> bool:
    return granted(claims, [Grant(conditions, Role.AUDITOR, AUDIT, DESK)]) == Granted(Role.AUDITOR, "audit", "desk")


def test_a_claim_is_what_is_wanted_or_a_list_in_which_it_is() -> None:
    assert fits({"groups": "auditors"}, ("groups", "auditors"))
    assert fits({"groups": ["staff", "auditors"], "mfa": True}, ("groups", "auditors"), ("mfa", True))


@pytest.mark.parametrize(
    "said", [None, "auditor", "auditors ", "Auditors", ["auditors2"], {"auditors": 1}, 1, True, [["auditors"]], []]
)
def test_whatever_is_not_the_same_does_not_fit(said: Any) -> None:
    assert not fits({"groups": said}, ("groups", "auditors"))
    assert not fits({"other": "auditors"}, ("groups", "auditors"))


@pytest.mark.parametrize("said", ["true", 1, 1.0, "True", None, False, []])
def test_true_is_no_other_value_that_equals_it(said: Any) -> None:
    assert not fits({"email_verified": said}, ("email_verified", True))


def test_every_condition_has_to_hold() -> None:
    assert not fits({"groups": "auditors", "mfa": False}, ("groups", "auditors"), ("mfa", True))


def test_the_first_grant_that_fits_counts() -> None:
    one, two = (Grant((("groups", "staff"),), role, Named((role.value,)), DESK) for role in (Role.APP, Role.ADMIN))
    assert granted({"groups": ["staff"]}, [one, two]) == Granted(Role.APP, "app", "desk")
    assert granted({"groups": ["staff"]}, [two, one]) == Granted(Role.ADMIN, "admin", "desk")
    assert granted({"groups": ["staff"]}, []) is None


def test_a_name_from_a_claim_is_one_of_those_listed_or_the_grant_does_not_fit() -> None:
    grants = [
        Grant((("groups", "staff"),), Role.APP, Named(("support", "sales"), "department"), DESK),
        Grant((("groups", "staff"),), Role.APP, Named(("others",)), DESK),
    ]
    teams = [granted({"groups": "staff", "department": said}, grants) for said in ("sales", "board", ["sales"], None)]
    assert [each.team for each in teams if each] == ["sales", "others", "others", "others"]


def test_a_claim_is_found_by_its_name_before_a_path() -> None:
    claims = {"a.b": 1, "a": {"b": 2, "c": {"d": 3}}, "https://x.example/roles": ["r"]}
    names = ("a.b", "a.c.d", "https://x.example/roles", "a.x", "a.b.c", "x")
    assert [claim(claims, name) for name in names] == [1, 3, ["r"], None, None, None]
