"""When the provider is asked, and for how long it may be away."""

import asyncio
from typing import Any

import pytest
import uvloop
from issuing import public

from proxy.oidc.fetching import Unfetched
from proxy.oidc.keyset import AGAIN_S, REFRESH_S, SOON_S, STALE_S, KeySet

ONE, TWO = {"keys": [public("ES256", "one")]}, {"keys": [public("ES256", "two")]}


class Provider:
    """A provider and a clock, both at hand."""

    def __init__(self) -> None:
        self.says: Any = ONE
        self.now = 1000.0
        self.asked = 0
        self.keys = KeySet(self.fetch, lambda: self.now)

    async def fetch(self) -> Any:
        self.asked += 1
        if isinstance(self.says, str):
            raise Unfetched(self.says)
        return self.says

    def kids(self) -> list[str] | None:
        current = self.keys.current()
        return None if current is None else list(current)

    def refresh(self) -> None:
        uvloop.run(self.keys.refresh())


def test_before_there_is_a_set_nobody_is_known_and_it_is_tried_again_soon() -> None:
    made = Provider()
    made.says = "unreachable"
    made.refresh()
    assert (made.kids(), made.keys.failing, made.keys.due_s()) == (None, "unreachable", SOON_S)
    made.says = ONE
    made.refresh()
    assert (made.kids(), made.keys.failing, made.keys.due_s()) == (["one"], "", REFRESH_S)


def test_while_the_provider_is_away_the_last_set_counts_for_a_while_and_no_longer() -> None:
    made = Provider()
    made.refresh()
    made.says = "unreachable"
    made.now += STALE_S - 1
    made.refresh()
    assert (made.kids(), made.keys.due_s()) == (["one"], AGAIN_S)
    made.now += 1
    assert made.kids() is None
    made.says = TWO
    made.refresh()
    assert made.kids() == ["two"]


@pytest.mark.parametrize("said", [{"keys": []}, {"keys": [public("ES256", "")]}])
def test_keys_that_the_provider_withdrew_are_gone_though_it_has_no_other(said: Any) -> None:
    made = Provider()
    made.refresh()
    made.says = said
    made.refresh()
    assert (made.kids(), made.keys.failing, made.keys.due_s()) == (None, "no_usable_key", SOON_S)
    made.says = TWO
    made.refresh()
    assert made.kids() == ["two"]


@pytest.mark.parametrize("said", [{}, {"keys": None}, [], None])
def test_what_is_no_set_withdraws_nothing(said: Any) -> None:
    made = Provider()
    made.refresh()
    made.says = said
    made.refresh()
    assert (made.kids(), made.keys.failing) == (["one"], "no_set")


def test_unknown_keys_make_it_ask_again_at_most_once_a_minute() -> None:
    made = Provider()
    made.refresh()

    async def run() -> None:
        task = asyncio.create_task(made.keys.run())
        for _ in range(100):
            assert not made.keys.unknown()  # the set is new: whoever names another key is wrong
            await asyncio.sleep(0)
        assert made.asked == 1
        made.now += AGAIN_S
        assert made.keys.unknown()  # it may be old: nobody can say
        for _ in range(100):
            await asyncio.sleep(0)
        assert not any(made.keys.unknown() for _ in range(100))
        assert made.asked == 2
        task.cancel()

    uvloop.run(run())


def test_while_the_provider_is_away_an_unknown_key_may_be_a_new_one() -> None:
    made = Provider()
    made.refresh()
    made.says = "timeout"
    made.refresh()
    assert made.keys.unknown()
