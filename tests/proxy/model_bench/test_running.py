import threading
from collections import Counter
from dataclasses import dataclass, field

from proxy.model_bench.asking import Timing
from proxy.model_bench.running import LEVELS, bench

AT = ("onprem", "gpu-1")
GOOD = Timing("", 0.1, 1.0, 11, counted=True, zone="onprem", upstream="gpu-1")


@dataclass
class Scripted:
    """Answers at once, and remembers who was there at the same time."""

    timing: Timing = GOOD
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    together: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, model: str, prompt: str, max_tokens: int) -> Timing:
        with self.lock:
            self.asked[model, prompt] += 1
            self.together += 1
            self.most = max(self.most, self.together)
        threading.Event().wait(0.002)
        with self.lock:
            self.together -= 1
        return self.timing


def test_each_model_is_woken_up_and_asked_at_1_4_and_16_in_flight() -> None:
    asker = Scripted()
    found = list(bench(asker, ["a", "b"], ["p", "q", "r"], 8, AT))
    assert [(one.model, one.in_flight, one.answers) for one in found] == [
        *(("a", 1, 4), ("a", 4, 8), ("a", 16, 32)),
        *(("b", 1, 4), ("b", 4, 8), ("b", 16, 32)),
    ]
    assert sum(asker.asked.values()) == 2 * (1 + 4 + 8 + 32)
    assert {prompt for _, prompt in asker.asked} == {"p", "q", "r"}
    assert 1 < asker.most <= max(LEVELS)


def test_what_another_zone_or_upstream_answered_is_not_counted() -> None:
    for timing, why in (
        (Timing("", 0.1, 1.0, 11, zone="cloud-us"), "answered_in_another_zone"),
        (Timing("", 0.1, 1.0, 11, zone="onprem", upstream="gpu-2"), "answered_by_another_upstream"),
        (Timing("timeout"), "timeout"),
    ):
        assert [one.failed for one in bench(Scripted(timing), ["a"], ["p"], 8, AT)] == [{why: 4}, {why: 8}, {why: 32}]


def test_an_answer_that_does_not_say_which_upstream_it_is_of_counts() -> None:
    unnamed = Timing("", 0.1, 1.0, 11, zone="onprem")
    assert [one.answers for one in bench(Scripted(unnamed), ["a"], ["p"], 8, AT)] == [4, 8, 32]
