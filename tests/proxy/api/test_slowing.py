import asyncio
from pathlib import Path

import httpx
import pytest
from harness import StandIn, chat_body
from inside import inside
from starlette.responses import Response

from proxy.api import slowing as module
from proxy.api.slowing import FREE, LONGEST_S, MOST_ADDRESSES, MOST_WAITING, STEP_S, WINDOW_S, Slowing


def waits(slowing: Slowing, address: str = "203.0.113.7") -> float:
    return float(getattr(slowing.answer(address, Response(status_code=401)), "_wait_s", 0.0))


def test_an_address_waits_ever_longer_and_no_other_does() -> None:
    slowing = Slowing(lambda: 0.0)
    assert [waits(slowing) for _ in range(FREE + 2)] == [0.0] * FREE + [STEP_S, 2 * STEP_S]
    assert waits(slowing, "203.0.113.8") == 0
    assert max(waits(slowing) for _ in range(100)) == LONGEST_S


def test_whoever_has_a_network_of_ipv6_is_one_address() -> None:
    slowing = Slowing(lambda: 0.0)
    for number in range(FREE):
        assert waits(slowing, f"2001:db8::{number:x}") == 0
    assert waits(slowing, "2001:db8::ffff%eth0") == STEP_S
    assert waits(slowing, "2001:db8:0:1::1") == 0
    assert waits(slowing, "no:address") == 0


def test_it_is_forgotten_after_a_while_and_not_more_is_kept_than_has_room() -> None:
    now = [0.0]
    slowing = Slowing(lambda: now[0])
    for _ in range(FREE + 1):
        waits(slowing)
    now[0] += WINDOW_S
    assert waits(slowing) == 0
    for number in range(MOST_ADDRESSES + 5):
        waits(slowing, str(number))
    assert len(slowing._failed) == MOST_ADDRESSES


def test_who_has_a_key_waits_for_nobody_and_too_many_that_wait_are_sent_away(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEP_S", 30.0)
    monkeypatch.setattr(module, "LONGEST_S", 30.0)

    async def run() -> tuple[list[int], httpx.Response, httpx.Response]:
        async with inside(tmp_path, vendor) as ring:
            wrong = {"authorization": "Bearer rf-no-key"}

            async def ask(headers: dict[str, str]) -> httpx.Response:
                return await ring.client.post("/v1/chat/completions", json=chat_body(), headers=headers)

            begun = [asyncio.ensure_future(ask(wrong)) for _ in range(FREE + MOST_WAITING)]
            await asyncio.wait(begun, timeout=1)
            at_once = [task.result().status_code for task in begun if task.done()]
            answers = await ask(ring.key()), await ask(wrong)
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)
            return at_once, *answers

    at_once, good, late = asyncio.run(run())
    assert at_once == [401] * FREE
    assert good.status_code == 200
    assert (late.status_code, late.headers["retry-after"]) == (429, "60")
