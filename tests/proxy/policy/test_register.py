import datetime as dt
from dataclasses import replace

from proxy.policy.exceptions import Standing
from proxy.policy.model import PolicyException, Who
from proxy.policy.register import register
from proxy.policy.uses import UNUSED, Uses

DAY = dt.date(2026, 6, 1)
ONE = PolicyException("EX-1", "stays", Who(apps=("bot",)), DAY, "ann", "bob", "T-1", "b")
NOTHING = Uses({}, 0, 0, ())


def test_exceptions_stand_in_the_order_of_their_ends() -> None:
    several = [replace(ONE, id=name, until=DAY + dt.timedelta(days)) for name, days in (("b", 9), ("a", 9), ("c", -1))]
    made = register(several, DAY, 8, None)
    assert [(item.id, stands) for item, stands in made.rows] == [
        ("c", Standing.EXPIRED),
        ("a", Standing.LIVE),
        ("b", Standing.LIVE),
    ]
    assert [standing for _, standing in register(several, DAY, 9, None).rows][1:] == [Standing.EXPIRING] * 2


def test_the_last_day_counts_as_one_on_which_it_holds() -> None:
    assert (
        "expiring  EX-1  waives stays  for apps bot  until 2026-06-01, its last day"
        in register([ONE], DAY, 0, None).text()
    )
    assert "expired   EX-1" in register([ONE], DAY + dt.timedelta(1), 0, None).text()


def test_a_log_in_which_nothing_was_used_is_told_from_none_that_was_read() -> None:
    read, unread = register([ONE], DAY, 0, NOTHING), register([ONE], DAY, 0, None)
    assert [made.as_json()["exceptions"][0]["uses"] for made in (read, unread)] == [UNUSED, None]
    assert ["not used" in made.text() for made in (read, unread)] == [True, False]
    assert [made.as_json()["log"] is None for made in (read, unread)] == [False, True]
