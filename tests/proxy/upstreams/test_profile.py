from dataclasses import fields

from proxy.upstreams.profile import ABILITIES, UNKNOWN, Profile


def test_what_is_said_goes_over_what_another_says_and_a_no_is_said_too() -> None:
    said = Profile(context_window=4096, tools=False)
    other = Profile(context_window=8192, max_output=100, tools=True, vision=True)
    assert said.over(other) == Profile(context_window=4096, max_output=100, tools=False, vision=True)
    assert UNKNOWN.over(other) == other
    assert other.over(UNKNOWN) == other


def test_every_ability_is_yes_or_no_or_unknown() -> None:
    assert {field.name for field in fields(Profile)} == {"context_window", "max_output", *ABILITIES}
    assert all(getattr(UNKNOWN, field.name) is None for field in fields(Profile))
