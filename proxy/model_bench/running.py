"""Runs the rounds: each model with 1, 4 and 16 requests in flight, after one that only wakes it up."""

import itertools
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from proxy.model_bench.asking import Timing
from proxy.model_bench.figures import Figures, figures

LEVELS = (1, 4, 16)
ROUNDS = 2
LEAST = 4
"""Each round asks ROUNDS times what is in flight, and at least so often."""


class Asks(Protocol):
    """Who is asked; `asking.Asker` is one."""

    def ask(self, model: str, prompt: str, max_tokens: int) -> Timing:
        """Return one answer's times; raises nothing."""


def bench(
    asker: Asks, models: Sequence[str], prompts: Sequence[str], max_tokens: int, at: tuple[str, str]
) -> Iterator[Figures]:
    """Yield the figures of each model and level as they are found.

    `at` is the zone and the upstream that are measured: what another one answered counts as failed.
    """
    for model in models:
        asker.ask(model, prompts[0], 1)
        for level in LEVELS:
            asked = list(itertools.islice(itertools.cycle(prompts), max(LEAST, level * ROUNDS)))
            begun = time.monotonic()
            with ThreadPoolExecutor(level) as hands:
                timings = list(hands.map(asker.ask, itertools.repeat(model), asked, itertools.repeat(max_tokens)))
            yield figures(model, level, [_here(timing, at) for timing in timings], time.monotonic() - begun)


def _here(timing: Timing, at: tuple[str, str]) -> Timing:
    zone, upstream = at
    if not timing.error and timing.zone != zone:
        return replace(timing, error="answered_in_another_zone")
    if not timing.error and timing.upstream not in {"", upstream}:
        return replace(timing, error="answered_by_another_upstream")
    return timing
