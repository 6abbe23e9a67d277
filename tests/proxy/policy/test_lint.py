import datetime as dt
from collections.abc import Callable

import pytest

from proxy.policy.lint import TOLERATED, Surroundings
from proxy.policy.load import Checked

SHADOW = "policy: p\nversion: 1\nowner: ann\nrules:\n  - {id: r, mode: shadow, until: %s, then: pin, because: b}\n"


@pytest.mark.parametrize(
    ("until", "codes"),
    [
        ("2026-05-31", {"shadow-too-long"}),
        ("2026-06-01", set()),
        ("2026-08-30", set()),
        ("2026-08-31", {"shadow-too-long"}),
    ],
)
def test_a_rule_in_shadow_is_decided_within_90_days(
    checked: Callable[..., Checked], until: str, codes: set[str]
) -> None:
    found = checked(p=SHADOW % until).diagnostics
    assert {item.code for item in found if item.severity == "error"} == codes


def test_what_only_a_date_brings_about_never_keeps_a_bundle_from_loading(checked: Callable[..., Checked]) -> None:
    exception = (
        "exceptions:\n  - {id: EX-1, waives: r, for: {apps: [bot]}, until: 2026-06-30, owner: ann, approved_by: bob, "
        "ticket: T-1, because: b}\n"
    )
    later = Surroundings(dt.date(2026, 12, 1))
    result = checked(p=SHADOW % "2026-06-30", e=exception, around=later)
    assert {item.code for item in result.diagnostics if item.severity == "error"} == TOLERATED
    assert result.bundle is not None
