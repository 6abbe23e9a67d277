"""What the cache saves in a conversation of 20 turns that resends its history each time, as chat clients do.

    make bench-conversation [ARGS="--rounds 3"]

Two Ringfences, one without a cache, get the same conversation turn by turn: a system message, a question, an answer,
the next question. Compare CPU a turn. What is new is scanned with a cache, too: of equal turns no more than 10.5 times
the cost can be saved over all 20. The last row sends the last request once more, as a retry does: nothing is new.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from prompts import SENTENCES, SYSTEM
from report import row
from targets import HERE, Target, ringfence, running

TURNS = 20
SHOWN = (1, 5, 10, 15, 20)
CACHES = {"none": "0", "cached": str(64 * 1024 * 1024)}
SEVERAL = 5
SETTLES_S = 0.2
"""So long after an answer, nothing is left to be done for it."""


def conversation(seed: int) -> list[list[dict[str, str]]]:
    """Return the messages of every turn, each with all that was said before."""
    chosen = random.Random(seed)
    said = [{"role": "system", "content": f"{SYSTEM} {' '.join(chosen.choices(SENTENCES, k=30))}"}]
    turns = []
    for turn in range(TURNS):
        question = f"Question {seed}-{turn}. {' '.join(chosen.choices(SENTENCES, k=3))}"
        turns.append([*said, {"role": "user", "content": question}])
        answer = f"Answer {seed}-{turn}. {' '.join(chosen.choices(SENTENCES, k=6))}"
        said = [*turns[-1], {"role": "assistant", "content": answer}]
    return turns


def ask(target: Target, messages: list[dict[str, str]]) -> float:
    """Send one request; returns the CPU seconds that it cost."""
    before = target.cpu_s()
    request = urllib.request.Request(
        f"{target.url}/chat/completions",
        json.dumps({"model": "gpt-4o-mini", "messages": messages}).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {target.key}"},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=120) as answer:
        answer.read()
    return target.cpu_s() - before


def resend(target: Target, seed: int) -> float:
    """Return the CPU seconds of a request of which all but the last turn was sent before: a mean over several."""
    several = [conversation(1000 * seed + number) for number in range(SEVERAL)]
    for turns in several:
        ask(target, turns[-2])
    time.sleep(SETTLES_S)
    before = target.cpu_s()
    for turns in several:
        ask(target, turns[-1])
    time.sleep(SETTLES_S)
    return (target.cpu_s() - before) / SEVERAL


def resent(analyse: Callable[[Sequence[str]], float], seed: int) -> float:
    """Return the CPU seconds of something that gets all messages of such a request."""
    return analyse([message["content"] for message in conversation(1000 * seed)[-1]])


def main(arguments: list[str] | None = None) -> int:
    """Measure; status 1 when a resent request costs more than a twentieth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(arguments)
    spent: dict[tuple[str, str], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as home, ExitStack() as stack:
        _, upstream = stack.enter_context(
            running([sys.executable, str(HERE / "upstream.py")], Path(home) / "upstream.log")
        )
        targets = [
            ringfence(
                stack, name, ["-m", "proxy", "serve"], Path(home) / name, upstream, RINGFENCE_DETECT_CACHE_BYTES=size
            )
            for name, size in CACHES.items()
        ]
        for target in targets:
            ask(target, conversation(0)[0])
        for seed in range(1, chosen.rounds + 1):
            turns = conversation(seed)
            for target in targets:
                costs = [ask(target, messages) for messages in turns]
                again = [ask(target, turns[-1]) for _ in range(20 if target.name == "cached" else 1)]
                for turn in SHOWN:
                    spent[target.name, f"turn {turn}"].append(costs[turn - 1])
                spent[target.name, "all turns"].append(sum(costs))
                spent[target.name, "resent"].append(statistics.mean(again))
    return report(spent)


def report(spent: dict[tuple[str, str], list[float]]) -> int:
    """Print CPU milliseconds, medians over the rounds."""
    print(row("CPU ms", *CACHES, "ratio"))
    ratio = 0.0
    for name in (*(f"turn {turn}" for turn in SHOWN), "all turns", "resent"):
        none, cached = (statistics.median(spent[cache, name]) * 1000 for cache in CACHES)
        ratio = none / max(cached, 1e-9)
        print(row(name, f"{none:.1f}", f"{cached:.1f}", f"{ratio:.1f}"))
    return 0 if ratio >= 20 else 1


if __name__ == "__main__":
    raise SystemExit(main())
