"""What the policy language costs as policies grow, on made-up bundles of a company's size (`bundles.py`).

    make bench-policy [ARGS="--rounds 3 --records 2000"]

First microseconds of CPU of one decision, medians over rounds of the same requests: the names of callers and calls are
looked up each time, as in a request. Then seconds of what runs at load and in CI: reading, lint, tests and claims of a
bundle; the claims alone; a comparison for each kind of change; a replay of recorded decisions. Status 1 when a goal is
missed.
"""

import argparse
import random
import re
import statistics
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import bundles
import replay

from proxy.policy.decide import decide
from proxy.policy.diff import compare
from proxy.policy.model import Bundle, Call, Identity
from proxy.policy.policy import Policy
from proxy.policy.verify import verify

RULES = (5, 20, 50, 100, 200, 500)
VALUES = (0, 1, 10, 50)
GOAL = (20, 10)
"""Rules and values of the decision that has a goal."""
GOAL_US = 60.0
GOAL_VERIFY_S = 2.0
LARGE = bundles.Size(rules=200, teams=50, zones=20)
REQUESTS = 100
TESTS = 400

BUDGETS = 20

Ask = tuple[Identity, Call, Mapping[str, Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was done, how long it took, and what it came to."""

    what: str
    seconds: float
    came_to: str


def asks(values: int, seed: int = 1) -> list[Ask]:
    """Return requests of many callers, each with so many distinct values."""
    pick = random.Random(seed)
    return [(who, call, bundles.found(pick, values)) for who, call, _ in bundles.requests(REQUESTS, seed)]


def decision_us(policy: Policy, several: Sequence[Ask], rounds: int, exhausted: Collection[str] = ()) -> float:
    """Return the median over rounds of the microseconds of CPU that one decision takes."""
    taken = []
    for _ in range(rounds):
        started = time.thread_time()
        for who, call, findings in several:
            decide(policy, who, call, findings, bundles.TODAY, exhausted)
        taken.append((time.thread_time() - started) / len(several) * 1e6)
    return statistics.median(taken)


def decisions(rounds: int) -> dict[tuple[int, int], float]:
    """Measure every number of rules with every number of values."""
    figures = {}
    for rules in RULES:
        policy = bundles.loaded(bundles.files(bundles.Size(rules=rules)))
        for values in VALUES:
            figures[rules, values] = decision_us(policy, asks(values), rounds)
    return figures


def budgeted(rounds: int) -> dict[str, float]:
    """Measure the decision that has a goal without budgets, with some, and with all of these used up."""
    rules, values = GOAL
    files = bundles.files(bundles.Size(rules=rules))
    zone = bundles.vendor_zones(bundles.Size(rules=rules).zones)[0]
    listed = (f"  - {{id: b{n}, zones: [{zone}], monthly: {n}, then: pin, because: b}}\n" for n in range(BUDGETS))
    money = f"policy: money\nversion: 1\nowner: ann\nbudgets:\n{''.join(listed)}"
    policy, with_budgets = bundles.loaded(files), bundles.loaded({**files, "money.yaml": money.encode()})
    return {
        "no budgets": decision_us(policy, asks(values), rounds),
        f"{BUDGETS} budgets": decision_us(with_budgets, asks(values), rounds),
        f"{BUDGETS} used up": decision_us(with_budgets, asks(values), rounds, frozenset(with_budgets.index.budgets)),
    }


def timed(rounds: int, work: Callable[[], str], what: str) -> Row:
    """Do something several times; `work` says what it came to."""
    taken = []
    came_to = ""
    for _ in range(rounds):
        started = time.perf_counter()
        came_to = work()
        taken.append(time.perf_counter() - started)
    return Row(what, statistics.median(taken), came_to)


def changed(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Return what a security team does to a bundle, by name, each as the files that come of it."""
    taxonomy, grants = (files[name].decode() for name in ("taxonomy.yaml", "grants.yaml"))
    named = [(name, line) for name, text in files.items() for line in text.decode().splitlines() if "id: r" in line]
    enforced = [(name, line) for name, line in named if "class: device" in line and "shadow" not in line]
    blocking = next((name, line) for name, line in enforced if "{teams:" in line and "then: block" in line)
    scored = next((name, line) for name, line in enforced if "min_score" in line)

    def edited(found: tuple[str, str], pattern: str, new: str) -> dict[str, bytes]:
        name, line = found
        return {**files, name: files[name].replace(line.encode(), re.sub(pattern, new, line, count=1).encode())}

    health = re.sub(r"(\n  health: .*ceiling: \[)[^\]]*", rf"\1{', '.join(bundles.own_zones(LARGE.zones))}", taxonomy)
    zone = bundles.vendor_zones(LARGE.zones)[2]
    opened = grants.replace("grants:\n", f"grants:\n  - {{id: trial, who: {{teams: [lab]}}, zones: [{zone}]}}\n")
    return {
        "nothing": dict(files),
        "a rule narrowed": edited(blocking, "who: {", "who: {keys: [ak_1], "),
        "a threshold raised": edited(scored, "min_score: [0-9.]+", "min_score: 0.95"),
        "a grant added": {**files, "grants.yaml": opened.encode()},
        "a ceiling tightened": {**files, "taxonomy.yaml": health.encode()},
    }


def loading(rounds: int) -> list[Row]:
    """Measure what runs at load and in CI."""
    files = bundles.with_tests(bundles.files(LARGE), TESTS)
    bundle = bundles.loaded(files).bundle

    def load() -> str:
        result = bundles.checked(files)
        passed = len(result.tests.results) if result.tests else 0
        return f"{passed} tests, {len(result.proofs)} claims"

    def prove() -> str:
        proofs = verify(bundle)
        return f"{len(proofs)} claims, {sum(proof.decisions for proof in proofs):,} decisions"

    rows = [
        timed(rounds, load, "load: lint, tests, claims"),
        timed(rounds, prove, "verify"),
    ]
    for name, after in changed(files).items():
        new = bundles.checked({name: text for name, text in after.items() if name != "cases.yaml"}).bundle
        if new is None:
            raise ValueError(name)

        def differ(new: Bundle = new) -> str:
            found = compare(bundle, new, bundles.TODAY)
            verdict = "looser" if found.looser else "not looser: proved" if found.proved else "undecided"
            return f"{verdict}, {found.cells:,} cells, {found.decisions:,} decisions, {len(found.lines)} lines"

        rows.append(timed(rounds, differ, f"diff: {name}"))
    return rows


def report(figures: Mapping[tuple[int, int], float], rows: Sequence[Row], budgets: Mapping[str, float]) -> int:
    """Print everything; returns 1 when a goal is missed."""
    print("CPU us a decision     " + "".join(f"{f'{values} values':>12}" for values in VALUES))
    for rules in RULES:
        print(f"{rules:>16} rules" + "".join(f"{figures[rules, values]:>12.1f}" for values in VALUES))
    print(f"{GOAL[0]:>16} rules, {GOAL[1]} values: " + ", ".join(f"{what} {us:.1f}" for what, us in budgets.items()))
    print(f"\n{LARGE.rules} rules, {LARGE.teams} teams, {LARGE.zones} zones")
    for row in rows:
        print(f"  {row.what:<28}{row.seconds:>8.3f} s  {row.came_to}")
    missed = [f"a decision in {GOAL_US:.0f} us"] if figures[GOAL] > GOAL_US else []
    missed += [
        f"verify in {GOAL_VERIFY_S:.0f} s" for row in rows if row.what == "verify" and row.seconds > GOAL_VERIFY_S
    ]
    print(f"missed: {', '.join(missed)}" if missed else "both goals are met")
    return 1 if missed else 0


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="of which the median counts")
    parser.add_argument("--records", type=int, default=20_000, help="recorded decisions to replay; 0 for none")
    chosen = parser.parse_args(arguments)
    rows = loading(chosen.rounds)
    if chosen.records:
        measured = replay.measure(chosen.records)
        rows.append(
            Row("replay of the shipped packs", measured.took, f"{measured.items:,} records, each decided twice")
        )
    return report(decisions(chosen.rounds * 5), rows, budgeted(chosen.rounds * 5))


if __name__ == "__main__":
    raise SystemExit(main())
