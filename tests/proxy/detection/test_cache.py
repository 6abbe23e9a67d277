import json
import os
import tracemalloc

import pytest

from proxy.detection import protocol
from proxy.detection.cache import ENTRY_BYTES, HIT_BYTES, Cache
from proxy.detection.tasks import Hit, Result, Task, Text, failed

NOTHING = Result((), frozenset(), 0)
ONE = Result((Hit("PERSON", 0.85, "spacy", 0, bytes(16)),), frozenset(), 0)


def task(*texts: str) -> Task:
    return Task("unit", tuple(Text("", "", text) for text in texts))


def test_tenant_detectors_and_every_part_are_in_the_key() -> None:
    cache = Cache(10_000, b"secret")
    keys = {
        cache.keys("a", "d")(task("x")),
        cache.keys("b", "d")(task("x")),
        cache.keys("a", "e")(task("x")),
        cache.keys("a", "d")(task("x", "")),
        cache.keys("a", "d")(task("xy")),
        cache.keys("a", "d")(task("x", "y")),
        cache.keys("a", "d")(task("1:x")),
        cache.keys("a", "d")(Task("unit", (Text("", "x", ""),))),
        cache.keys("a", "d")(Task("seam", task("x").texts)),
        Cache(10_000, b"other").keys("a", "d")(task("x")),
    }
    assert len(keys) == 10
    assert cache.keys("a", "d")(task("x")) in keys


def test_an_incomplete_result_is_never_kept() -> None:
    cache = Cache(10_000, b"secret")
    cache.put("a", b"k", failed("deadline"))
    assert cache.get("a", b"k") is None
    assert cache.used == 0


def test_the_tenant_that_uses_most_pays_when_space_runs_out() -> None:
    cache = Cache(4 * ENTRY_BYTES, b"secret")
    cache.put("small", b"kept", NOTHING)
    for number in range(10):
        cache.put("large", bytes([number]), NOTHING)
    assert cache.get("small", b"kept") is NOTHING
    assert cache.get("large", bytes([0])) is None
    assert cache.get("large", bytes([9])) is NOTHING
    assert cache.used <= 4 * ENTRY_BYTES


def test_a_replaced_entry_is_counted_once() -> None:
    cache = Cache(10_000, b"secret")
    cache.put("a", b"k", NOTHING)
    cache.put("a", b"k", ONE)
    assert cache.used == ENTRY_BYTES + HIT_BYTES
    assert cache.get("b", b"k") is None


def test_a_cache_of_no_bytes_keeps_nothing() -> None:
    cache = Cache(0, b"secret")
    cache.put("a", b"k", NOTHING)
    assert cache.get("a", b"k") is None


@pytest.mark.parametrize(("hits", "answers"), [(0, 2500), (1, 2000), (10, 800)], ids=str)
def test_the_bound_holds_for_what_workers_answer(hits: int, answers: int) -> None:
    limit = 1_000_000
    cache = Cache(limit, b"secret")
    key = cache.keys("tenant", "d" * 64)
    tracemalloc.start()
    try:
        for number in range(answers):
            asked = task(str(number))
            rows = [[["PERSON", 0.85, "spacy", 0, os.urandom(16).hex()] for _ in range(hits)], [], 3]
            message = json.loads(json.dumps({"v": 1, "id": 1, "last": False, "results": [rows]}))
            (result,), _ = protocol.read_answer(message, 1, [asked], frozenset({"PERSON"}))
            cache.put("tenant", key(asked), result)
        del rows, message, result
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.9 * limit < cache.used <= limit
    assert 0.6 < used / limit < 1.02
