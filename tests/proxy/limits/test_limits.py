"""The file: whom it gives what, and what is wrong with it, by line and column."""

from pathlib import Path

import pytest

from proxy.files.diagnostics import FileRefused
from proxy.identity import Caller, Role
from proxy.limits.limits import NO_LIMITS, Limits, load_limits

KEY, OTHER_KEY = "ak_0123456789abcdef", "ak_fedcba9876543210"
FILE = f"""\
default:
  key: {{requests_per_minute: 60, tokens_per_minute: 40000}}
  team: {{requests_per_minute: 600}}
teams: {{support: {{tokens_per_minute: 400000}}}}
apps: {{helpdesk: {{requests_per_minute: 120}}}}
keys: {{{KEY}: {{requests_per_minute: 5}}}}
"""


def given(tmp_path: Path, text: str) -> Limits:
    path = tmp_path / "limits.yaml"
    path.write_text(text)
    return load_limits(path)


def rates(limits: Limits, key: str = OTHER_KEY, app: str = "app", team: str = "team") -> dict[str, int]:
    bounds = limits.bounds(Caller(key, app, team, Role.APP))
    return {f"{bound.owner} {bound.unit}": bound.per_minute for bound in bounds}


def test_without_a_file_there_are_no_limits() -> None:
    assert load_limits(None) is NO_LIMITS
    assert rates(NO_LIMITS) == {}


def test_whoever_is_not_named_has_the_defaults(tmp_path: Path) -> None:
    assert rates(given(tmp_path, FILE)) == {"key requests": 60, "team requests": 600, "key tokens": 40000}


def test_what_a_more_particular_entry_does_not_say_the_next_one_does(tmp_path: Path) -> None:
    limits = given(tmp_path, FILE)
    assert rates(limits, app="helpdesk") == {"key requests": 120, "team requests": 600, "key tokens": 40000}
    assert rates(limits, KEY, "helpdesk", "support") == {
        "key requests": 5,
        "team requests": 600,
        "key tokens": 40000,
        "team tokens": 400000,
    }


def test_keys_of_one_team_share_its_buckets_and_nothing_else(tmp_path: Path) -> None:
    limits = given(tmp_path, FILE)
    one, two = (limits.bounds(Caller(key, "app", "support", Role.APP)) for key in (KEY, OTHER_KEY))
    shared = {bound.draw(1).name for bound in one} & {bound.draw(1).name for bound in two}
    assert shared == {"team:support:requests", "team:support:tokens"}


def test_a_key_and_a_team_of_one_name_have_buckets_of_their_own(tmp_path: Path) -> None:
    limits = given(tmp_path, FILE)
    names = [bound.draw(1).name for bound in limits.bounds(Caller("same", "same", "same", Role.APP))]
    assert len(names) == len(set(names)) == 3


def test_nothing_is_drawn_that_a_bucket_can_never_hold_and_no_debt_is_longer_than_an_hour(tmp_path: Path) -> None:
    bound = given(tmp_path, FILE).bounds(Caller(KEY, "app", "team", Role.APP))[0]
    assert bound.draw(10**9).amount == 5
    assert bound.settlement(used=10**9, taken=10**9).amount == 60 * 5 - 5
    assert bound.settlement(used=0, taken=3).amount == -3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("teams: {Support: {requests_per_minute: 1}}", "limits.yaml:1:9: error[bad-name] expected the name of a team"),
        ("keys: {rf-secret: {requests_per_minute: 1}}", "1:8: error[bad-name] expected the id of a key"),
        ("default: {key: {requests_per_minute: 0}}", "1:38: error[out-of-range] expected a whole number from 1"),
        ("default: {key: {requests_per_minute: 1.5}}", "1:38: error[wrong-type] expected a whole number"),
        ("default: {key: {request_per_minute: 1}}", "did you mean 'requests_per_minute'?"),
        ("default: {key: {}}", "1:16: error[missing-key] requests_per_minute or tokens_per_minute is missing"),
        ("default: 60", "1:10: error[wrong-type] expected a mapping"),
        ("apps: {a: {tokens_per_minute: 1}, a: {tokens_per_minute: 2}}", "error[duplicate-key]"),
        ("- 1", "1:1: error[wrong-type] expected a mapping"),
        ("", "error[empty]"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_with_its_place_and_without_its_value(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        given(tmp_path, text)
    assert said in refused.value.said()
    assert "rf-secret" not in refused.value.said()


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused):
        load_limits(tmp_path / "none.yaml")
