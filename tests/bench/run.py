"""What Ringfence costs: added latency, CPU a request and memory, beside a bare proxy, LiteLLM and Presidio.

    make bench [ARGS="--rounds 5 --seconds 2 --only 'bare;ringfence'"]

One upstream answers at once in a process of its own. Targets run side by side and are loaded one at a time, in rounds
whose order is shuffled, so that a busy minute of the machine meets all of them. Read CPU a request and the ratios of
one run; absolute numbers of two runs, and latencies of many callers on few cores, compare badly. `direct` is the
upstream itself: it stands for the network and the load generator, and its latency is taken off the others'. It ends
with a table of the goals, each reached or missed by how much; ten minutes on two cores.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import gateways
import goals
import memory
import pytest
from conversation import resend, resent
from in_process import STOCK, Stock
from measured import RESENT, SCENARIOS, Figures, Results
from report import in_short, report
from targets import BARE, HERE, OFF, OURS, OWN, Target, start

USUAL = (BARE, OFF, OURS, *gateways.OTHERS, STOCK)
KNOWN = (*OWN, *gateways.OTHERS, STOCK)
MISSING = (
    f"{' and '.join(gateways.OTHERS)} are left out: their environment, tests/bench/peers/.venv, is not there; "
    "`make bench` says why when it tries to install it"
)


def measure(target: Target, scenario: str, seconds: float, seed: int, figures: Figures) -> None:
    """Load one target once and add what came out."""
    what = SCENARIOS[scenario]
    command = [sys.executable, str(HERE / "load.py"), target.url, target.key, "--seed", str(seed)]
    command += ["--callers", str(what.callers), "--words", str(what.words)]
    command += ["--seconds", str(0.1 if what.paced else seconds)]  # each caller asks a slow model once
    command += [f"--{name}" for name in ("paced", "cold") if getattr(what, name)]
    before = target.cpu_s()
    ran = subprocess.run(command, capture_output=True, check=True, text=True, timeout=seconds + 60)
    spent = target.cpu_s() - before
    seen = json.loads(ran.stdout)
    figures.bad += seen["bad"]
    for name in ("p50", "p95", "p99", "first", "per_s"):
        figures.samples[name].append(seen[name])
    figures.samples["cpu_us"].append(spent / max(1, seen["requests"]) * 1e6)


def rounds(targets: Sequence[Target], stock: Stock | None, count: int, seconds: float) -> Results:
    """Measure every target in every scenario, round by round, each round in an order of its own."""
    results = Results()
    jobs: list[Callable[[int], None]] = []
    for target in targets:
        measure(target, "c1", min(0.5, seconds), 0, Figures())  # connections, caches and code paths warm
        for scenario in SCENARIOS:
            figures = results.rounds[target.name, scenario]
            jobs.append(lambda seed, at=(target, scenario), to=figures: measure(*at, seconds, seed, to))
    for target in targets:
        if target.process is not None:
            spent = results.rounds[target.name, RESENT].samples["cpu_us"]
            jobs.append(lambda seed, target=target, spent=spent: spent.append(resend(target, seed) * 1e6))
    if stock is not None:
        spent = results.rounds[STOCK, RESENT].samples["cpu_us"]
        jobs.append(lambda seed, spent=spent: spent.append(resent(stock.analyse, seed) * 1e6))
    order, seed = random.Random(7), 0
    for number in range(count):
        for job in order.sample(jobs, len(jobs)):
            seed += 1
            job(seed)
        sys.stderr.write(f"round {number + 1} of {count}\n")
    return results


def weigh(targets: Sequence[Target], home: Path, seconds: float) -> dict[str, float]:
    """Measure memory, with everything at work; without PostgreSQL, there are no several processes."""

    def load(target: Target) -> None:
        for scenario in ("c16", "cold c1"):
            measure(target, scenario, seconds, 1, Figures())

    (alone,) = (target.process for target in targets if target.name == OFF)
    assert alone is not None
    weights = {memory.SERVER_ALONE: memory.own_mb([alone]), memory.ALONE: memory.by_itself()}
    try:
        return weights | memory.forked(home, targets[0].url, load)
    except pytest.skip.Exception as missing:
        sys.stderr.write(f"the memory of one more process is not measured: {missing}\n")
        return weights


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; status 1 when any answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each target and scenario in each round")
    parser.add_argument("--slow", type=int, default=100, help="words of the slow stream, ten a second")
    parser.add_argument("--only", help=f"of {';'.join(KNOWN)}; 'direct' always runs")
    chosen = parser.parse_args(arguments)
    SCENARIOS["slow stream"] = replace(SCENARIOS["slow stream"], words=chosen.slow)
    names = [name.strip() for name in chosen.only.split(";")] if chosen.only else list(USUAL)
    if unknown := set(names) - set(KNOWN):
        parser.error(f"unknown targets {sorted(unknown)}; there are {list(KNOWN)}")
    others = [name for name in names if name in gateways.OTHERS]
    missing = bool(others) and not gateways.installed()
    if missing and chosen.only:
        parser.error(MISSING)
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder, ExitStack() as stack:
        home = Path(folder)
        targets = start(stack, names, home)
        if not missing:
            targets += gateways.start(stack, others, home / "others", targets[0].url)
        stock = Stock(stack) if STOCK in names else None
        results = rounds(targets, stock, chosen.rounds, chosen.seconds)
        if not chosen.only:
            results.memory_mb = weigh(targets, home, chosen.seconds)
        print(report(targets, results))
    print(f"\nin short, medians of {chosen.rounds} rounds\n\n{in_short(results)}")
    print(f"\ngoals, by this run\n\n{goals.table(results)}")
    if missing:
        print(f"\n{MISSING}")
    return 1 if results.bad() else 0


if __name__ == "__main__":
    raise SystemExit(main())
