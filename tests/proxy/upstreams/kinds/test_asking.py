"""Reading answers that may have any shape."""

import asyncio
from typing import Any

import pytest

from proxy.upstreams.errors import Lost, NotSent, UpstreamError
from proxy.upstreams.kinds.asking import asked, below, if_there, rows, tokens, truth


def answer(error: UpstreamError | None = None) -> Any:
    async def given() -> str:
        if error is not None:
            raise error
        return "said"

    return asyncio.run(_run(given()))


async def _run(given: Any) -> Any:
    return await if_there(given)


@pytest.mark.parametrize("status", [401, 403, 404, 405, 501])
def test_a_server_that_has_no_answer_is_up_all_the_same(status: int) -> None:
    assert answer(Lost(f"http_{status}")) is None
    assert answer() == "said"


@pytest.mark.parametrize("error", [NotSent("connect"), Lost("timeout"), Lost("http_503"), Lost("bad_answer")], ids=str)
def test_a_server_that_is_not_up_stays_an_error(error: UpstreamError) -> None:
    with pytest.raises(type(error)):
        answer(error)


@pytest.mark.parametrize(
    "odd", [None, 1, "x", [], [1], {"data": 1}, {"data": [1, None, "x"]}, {"data": {"id": 1}}], ids=str
)
def test_no_shape_breaks_the_reading(odd: Any) -> None:
    assert rows(odd) == []
    assert below(odd, "data", "id", "further") is None


def test_sizes_and_yes_or_no_are_nothing_else() -> None:
    assert tokens(4096) == 4096
    assert [tokens(odd) for odd in (0, -1, 10**9, 1.5, "4096", None, True)] == [None] * 7
    assert [truth(said) for said in (True, False)] == [True, False]
    assert [truth(odd) for odd in (0, 1, "true", None, [])] == [None] * 5


def test_a_value_that_asks_for_nothing_is_not_asked() -> None:
    names = ("modalities", "options", "functions", "echo", "service_tier", "audio")
    idle = {
        "modalities": ["text"],
        "options": {},
        "functions": [],
        "echo": False,
        "service_tier": "auto",
        "audio": None,
    }
    assert asked(idle, names) == ()
    asks = {"modalities": ["text", "audio"], "options": {"num_ctx": 8}, "audio": {}}
    assert asked(asks, names) == ("modalities", "options", "audio")
