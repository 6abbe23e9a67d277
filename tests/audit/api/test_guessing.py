"""The limit on look-ups: a few a minute for each and for all, and an incident once for who goes over it."""

import asyncio
from contextlib import suppress
from typing import Any

from audit.access import Filters, Records
from audit.api.errors import ApiError
from audit.api.guessing import WINDOW_S, Guesses, Limit
from audit.incidents import still_open


def test_each_caller_and_all_together_have_so_many_a_minute() -> None:
    now = [0.0]
    limit = Limit(2, 3, lambda: now[0])
    assert [limit.take("a"), limit.take("a")] == [0, 0]
    now[0] = 10
    assert limit.take("a") == WINDOW_S - 10
    assert limit.take("b") == 0
    assert limit.take("c") == WINDOW_S - 10
    now[0] = WINDOW_S
    assert [limit.take("c"), limit.take("a")] == [0, 0]
    assert limit.take("a") == 10


def test_the_first_refusal_of_a_caller_is_an_incident_and_the_others_are_not(service: Any) -> None:
    async def ask(guesses: Guesses, caller: str) -> bool:
        try:
            await guesses.admit(caller)
        except ApiError as error:
            return error.retry_after_s is None or (error.status, error.code) != (429, "rate_limit_exceeded")
        return True

    async def run() -> list[bool]:
        guesses = Guesses(service.log, Limit(1, 9))
        return [await ask(guesses, caller) for caller in ("ak_1", "ak_1", "ak_1", "ak_2", "ak_2")]

    assert asyncio.run(run()) == [True, False, False, True, False]
    assert asyncio.run(run()) == [True, False, False, True, False]  # another process knows of the open incidents
    found = Records(service.log.place).page(Filters(kind="incident.opened")).records
    assert [(one.body["what"], one.body["about"]) for one in found] == [
        ("fingerprint_guessing", "ak_1"),
        ("fingerprint_guessing", "ak_2"),
    ]


def test_whoever_goes_on_guessing_after_a_person_has_looked_is_an_incident_again(service: Any) -> None:
    now = [0.0]

    async def run() -> int:
        guesses = Guesses(service.log, Limit(1, 9), lambda: now[0])
        for _ in range(3):
            with suppress(ApiError):
                await guesses.admit("ak_7")
        (opened,) = [one for one in still_open(Records(service.log.place)) if one.body.get("about") == "ak_7"]
        closing = {"incident": opened.body["incident"], "how": "acknowledged"}
        await service.log.append("incident.closed", closing)
        now[0] += WINDOW_S
        for _ in range(2):
            with suppress(ApiError):
                await guesses.admit("ak_7")
        return sum(one.body.get("about") == "ak_7" for one in still_open(Records(service.log.place)))

    assert asyncio.run(run()) == 1


def test_the_incident_is_one_that_a_person_ends() -> None:
    from audit.api.guessing import INCIDENT
    from audit.cli_signing import FOR_PERSONS

    assert INCIDENT in FOR_PERSONS
