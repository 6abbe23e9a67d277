"""What Ringfence costs: added latency, CPU a request and memory, beside the least that a Python proxy can do.

    make bench [ARGS="--rounds 5 --seconds 2 --only 'bare;ringfence'"]

One upstream answers at once in a process of its own. Targets run side by side and are loaded one at a time, in rounds
whose order is shuffled, so that a busy minute of the machine meets all of them. Read CPU a request and the ratios of
one run; absolute numbers of two runs, and latencies of many callers on few cores, compare badly. `direct` is the
upstream itself: it stands for the network and the load generator, and its latency is taken off the others'.
"""

import argparse
import json
import math
import os
import random
import re
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OFF, UNSCANNED, HELD = "ringfence, detection off", "answers not scanned", "answers held back"
TARGETS = ("direct", "bare", OFF, UNSCANNED, "ringfence", HELD)
"""As shipped, `ringfence` scans answers beside their way."""
SHORT, LONG = 20, 220
"""Words of a stream, an event each."""
SCENARIOS = {
    "c1": (1, 0),
    "c16": (16, 0),
    "stream c1": (1, SHORT),
    "stream c16": (16, SHORT),
    "long stream c1": (1, LONG),
}
"""How many callers, and how many words a stream has that they ask for."""
RULE = """
policy: answers
version: 1
owner: bench@company.example
rules:
  - {id: no-secrets, direction: answer, if: {class: secret}, then: block, because: It is one.}
"""
START_S = 120.0


@dataclass
class Target:
    """Something to send requests to; no process for the upstream itself, whose CPU is not counted."""

    name: str
    url: str
    key: str
    process: psutil.Process | None

    def cpu_s(self) -> float:
        """User and system time of the whole process tree until now."""
        total = 0.0
        for process in self.tree():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        return total

    def pss_mb(self) -> float:
        """Memory of the process tree, shared pages counted once."""
        return sum(process.memory_full_info().pss for process in self.tree()) / 1e6

    def tree(self) -> list[psutil.Process]:
        """The process and everything below it."""
        return [] if self.process is None else [self.process, *self.process.children(recursive=True)]


@dataclass
class Figures:
    """What the rounds gave for one target and scenario."""

    samples: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    bad: int = 0

    def median(self, name: str) -> float:
        """Median over the rounds."""
        return statistics.median(self.samples[name]) if self.samples[name] else float("nan")


Results = dict[tuple[str, str], Figures]


@contextmanager
def running(command: list[str], log: Path, **environ: str) -> Iterator[tuple[psutil.Process, str]]:
    """Run a server that says where it listens, until the block ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")}
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env={**clean, **environ}, cwd=ROOT
        )
    try:
        yield psutil.Process(process.pid), address(process, log)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the line in which a server says where it listens."""
    assert process.stdout is not None
    said, until = b"", time.monotonic() + START_S
    while time.monotonic() < until:
        if select.select([process.stdout], [], [], 0.2)[0]:
            piece = os.read(process.stdout.fileno(), 4096)
            said += piece
            if found := re.search(rb"listening on (http://\S+)\n", said):
                return found[1].decode()
            if not piece:
                break
    raise SystemExit(f"a target did not start: {log.read_text()[-2000:]}")


def start(stack: ExitStack, names: list[str], home: Path) -> list[Target]:
    """Start the upstream and the chosen targets."""
    _, upstream = stack.enter_context(running([sys.executable, str(HERE / "upstream.py")], home / "upstream.log"))
    targets = [Target("direct", upstream, "none", None)]
    if "bare" in names:
        command = [sys.executable, str(HERE / "bare.py"), upstream]
        process, url = stack.enter_context(running(command, home / "bare.log"))
        targets.append(Target("bare", f"{url}/v1", "none", process))
    if OFF in names:
        targets.append(ringfence(stack, OFF, [str(HERE / "undetected.py")], home / "off", upstream))
    ruled = shutil.copytree(ROOT / "policies", home / "policies")
    (ruled / "answers.yaml").write_text(RULE)
    chosen = {UNSCANNED: {"SCAN_ANSWERS": "ruled"}, "ringfence": {}, HELD: {"POLICIES": str(ruled)}}
    for number, (name, settings) in enumerate(chosen.items()):
        if name in names:
            environ = {f"RINGFENCE_{setting}": value for setting, value in settings.items()}
            command = ["-m", "proxy", "serve"]
            targets.append(ringfence(stack, name, command, home / str(number), upstream, **environ))
    return targets


def ringfence(stack: ExitStack, name: str, arguments: list[str], home: Path, upstream: str, **settings: str) -> Target:
    """Start Ringfence; both zones are the same upstream, so a doubtful finding changes nothing that is measured."""
    home.mkdir()
    zones = ("cloud-us", "onprem")
    rows = [
        {"name": zone, "kind": "openai", "zone": zone, "base_url": upstream, "models": ["gpt-4*"]} for zone in zones
    ]
    (home / "upstreams.yaml").write_text(yaml.safe_dump({"upstreams": rows}))
    environ = {"RINGFENCE_HOME": str(home), "RINGFENCE_UPSTREAMS": str(home / "upstreams.yaml"), "RINGFENCE_PORT": "0"}
    environ |= settings
    process, url = stack.enter_context(running([sys.executable, *arguments], home / "server.log", **environ))
    made = subprocess.run(
        [sys.executable, "-m", "proxy", "key", "create", "--app", "bench", "--team", "bench"],
        env={**os.environ, **environ},
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return Target(name, f"{url}/v1", made.stdout.strip(), process)


def measure(target: Target, scenario: str, seconds: float, seed: int, figures: Figures) -> None:
    """Load one target once and add what came out."""
    callers, words = SCENARIOS[scenario]
    command = [sys.executable, str(HERE / "load.py"), target.url, target.key, "--seed", str(seed)]
    command += ["--callers", str(callers), "--seconds", str(seconds), "--words", str(words)]
    before = target.cpu_s()
    ran = subprocess.run(command, capture_output=True, check=True, text=True, timeout=seconds + 60)
    spent = target.cpu_s() - before
    seen = json.loads(ran.stdout)
    figures.bad += seen["bad"]
    for name in ("p50", "p95", "p99", "first", "per_s"):
        figures.samples[name].append(seen[name])
    figures.samples["cpu_us"].append(spent / max(1, seen["requests"]) * 1e6)


def rounds(targets: list[Target], count: int, seconds: float) -> Results:
    """Measure every target in every scenario, round by round, each round in an order of its own."""
    results: Results = {(target.name, scenario): Figures() for target in targets for scenario in SCENARIOS}
    order, seed = random.Random(7), 0
    for target in targets:
        measure(target, "c1", min(0.5, seconds), 0, Figures())  # connections, caches and code paths warm
    for number in range(count):
        work = [(target, scenario) for target in targets for scenario in SCENARIOS]
        order.shuffle(work)
        for target, scenario in work:
            seed += 1
            measure(target, scenario, seconds, seed, results[target.name, scenario])
        sys.stderr.write(f"round {number + 1} of {count}\n")
    return results


def report(targets: list[Target], results: Results) -> str:
    """Print medians over the rounds, latencies as what each target adds to the direct way."""
    lines = []
    for scenario in SCENARIOS:
        direct = results["direct", scenario]
        lines.append(f"\n{scenario}: milliseconds added to the direct way (p50 {direct.median('p50'):.2f} ms)")
        head = ("target", "p50", "p95", "p99", "first", "CPU us/req", "x bare", "req/s", "bad")
        lines.append(row(*head))
        bare = results.get(("bare", scenario), Figures()).median("cpu_us")
        for target in targets:
            found = results[target.name, scenario]
            added = [f"{found.median(name) - direct.median(name):.2f}" for name in ("p50", "p95", "p99", "first")]
            cpu = found.median("cpu_us")
            counted = target.process is not None
            ratio = f"{cpu / bare:.2f}" if counted and not math.isnan(bare) else "-"
            shown = f"{cpu:.0f}" if counted else "-"
            lines.append(row(target.name, *added, shown, ratio, f"{found.median('per_s'):.0f}", str(found.bad)))
    lines += per_event(targets, results)
    lines.append("\nmemory after the run (PSS of the process tree, MB)")
    lines += [row(target.name, f"{target.pss_mb():.0f}") for target in targets if target.process is not None]
    return "\n".join(lines)


def per_event(targets: list[Target], results: Results) -> list[str]:
    """Say what one more event of a stream costs: the long stream less the short one, for one caller."""

    def cost(target: Target, figure: str) -> float:
        long, short = (results[target.name, scenario].median(figure) for scenario in ("long stream c1", "stream c1"))
        return (long - short) / (LONG - SHORT)

    bare = next((cost(target, "cpu_us") for target in targets if target.name == "bare"), math.nan)
    lines = ["\none more event of a stream, for one caller", row("target", "CPU us", "x bare", "p50 us")]
    for target in targets:
        cpu, time = cost(target, "cpu_us"), cost(target, "p50") * 1000
        counted = target.process is not None
        ratio = f"{cpu / bare:.2f}" if counted and not math.isnan(bare) else "-"
        lines.append(row(target.name, f"{cpu:.1f}" if counted else "-", ratio, f"{time:.1f}"))
    return lines


def row(name: str, *cells: str) -> str:
    """Lay out one line of a table."""
    return f"  {name:<26}" + "".join(f"{cell:>12}" for cell in cells)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; status 1 when any answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each target and scenario in each round")
    parser.add_argument("--only", default=";".join(TARGETS), help="targets, separated by ';'; 'direct' always runs")
    chosen = parser.parse_args(arguments)
    names = [name.strip() for name in chosen.only.split(";")]
    if unknown := set(names) - set(TARGETS):
        parser.error(f"unknown targets {sorted(unknown)}; there are {list(TARGETS)}")
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as home, ExitStack() as stack:
        targets = start(stack, names, Path(home))
        results = rounds(targets, chosen.rounds, chosen.seconds)
        print(report(targets, results))
    return 1 if any(figures.bad for figures in results.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
