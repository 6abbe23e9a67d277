"""Tables of what the rounds gave: latencies and CPU by scenario, and the same in short for a page of the docs."""

import math
from collections.abc import Sequence

from measured import RESENT, SCENARIOS, Results, over
from targets import BARE, DIRECT, Target

COLUMNS = (
    "added p50 c1, ms",
    "CPU c1, us",
    "CPU c16, us",
    "requests/s c16",
    "CPU an event, us",
    "cold CPU, us",
    "first byte of 10 s, ms",
    "resent CPU, ms",
)


def report(targets: Sequence[Target], results: Results) -> str:
    """Print medians over the rounds, latencies as what each target adds to the direct way."""
    lines = []
    for scenario in SCENARIOS:
        direct = results(DIRECT, scenario, "p50")
        lines.append(f"\n{scenario}: milliseconds added to the direct way (p50 {direct:.2f} ms)")
        lines.append(row("target", "p50", "p95", "p99", "first", "CPU us/req", "x bare", "req/s", "bad"))
        for target in targets:
            added = [f"{results.added(target.name, scenario, name):.2f}" for name in ("p50", "p95", "p99", "first")]
            cpu = beside_bare(target, results(target.name, scenario, "cpu_us"), results(BARE, scenario, "cpu_us"))
            rate, bad = results(target.name, scenario, "per_s"), results.rounds[target.name, scenario].bad
            lines.append(row(target.name, *added, *cpu, f"{rate:.0f}", str(bad)))
    lines += ["\none more event of a stream, for one caller", row("target", "CPU us", "x bare", "p50 us")]
    for target in targets:
        cpu = beside_bare(target, results.event(target.name, "cpu_us"), results.event(BARE, "cpu_us"), digits=1)
        lines.append(row(target.name, *cpu, f"{results.event(target.name, 'p50') * 1000:.1f}"))
    lines += [f"\n{RESENT}: only the last of 20 turns is new", row("target", "CPU ms")]
    lines += [row(name, f"{results(name, RESENT, 'cpu_us') / 1000:.1f}") for name in results.names(RESENT)]
    lines.append("\nmemory after the run (PSS of the process tree, MB)")
    lines += [row(target.name, f"{target.pss_mb():.0f}") for target in targets if target.process is not None]
    if results.memory_mb:
        lines.append("\nmemory that a process shares with no other (USS, MB)")
        lines += [row(name, f"{mb:.0f}") for name, mb in results.memory_mb.items()]
    return "\n".join(lines)


def beside_bare(target: Target, cpu: float, bare: float, digits: int = 0) -> tuple[str, str]:
    """Lay out a CPU time and how many times that of the bare proxy it is."""
    if target.process is None:
        return "-", "-"
    ratio = over(cpu, bare)
    return f"{cpu:.{digits}f}", "-" if math.isnan(ratio) else f"{ratio:.2f}"


def in_short(results: Results) -> str:
    """Lay out the figures that the goals are taken from, as Markdown."""
    names = dict.fromkeys([*results.names("c1"), *results.names(RESENT)])
    lines = [f"| | {' | '.join(COLUMNS)} |", f"|---|{'--:|' * len(COLUMNS)}"]
    for name in names:
        cells = (
            results.added(name, "c1", "p50"),
            results(name, "c1", "cpu_us"),
            results(name, "c16", "cpu_us"),
            results(name, "c16", "per_s"),
            results.event(name, "cpu_us"),
            results(name, "cold c1", "cpu_us"),
            results(name, "slow stream", "first"),
            results(name, RESENT, "cpu_us") / 1000,
        )
        shown = [
            "-" if math.isnan(cell) or (name == DIRECT and "CPU" in column) else digits(cell)
            for cell, column in zip(cells, COLUMNS, strict=True)
        ]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def digits(value: float) -> str:
    """Write a number with as many digits as mean something here."""
    return f"{value:,.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"


def row(name: str, *cells: str) -> str:
    """Lay out one line of a table."""
    return f"  {name:<26}" + "".join(f"{cell:>12}" for cell in cells)
