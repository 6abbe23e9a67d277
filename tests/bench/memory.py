"""How much memory one more process costs, beside one that loads everything by itself: what no other shares, in MB.

    python tests/bench/memory.py       what loads the detectors by itself; prints its own

Processes of one Ringfence are forked from a parent that loaded everything once. They are measured after they had work.
"""

import gc
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import psutil
from prompts import cold
from targets import ROOT, Target, ringfence

sys.path.insert(0, str(ROOT / "tests"))

MORE, ALONE = "one more detector worker", "a worker that loads models"
SERVER_MORE, SERVER_ALONE = "one more server process", "a server process alone"
SETTINGS = {"RINGFENCE_WORKERS": "2", "RINGFENCE_DETECT_WORKERS": "4"}
PROMPTS = 20


def forked(home: Path, upstream: str, load: Callable[[Target], None]) -> dict[str, float]:
    """Measure one more of each in a Ringfence with several, which writes its log to PostgreSQL."""
    from databases import migrate, new_database, server

    with ExitStack() as stack:
        place = stack.enter_context(new_database(stack.enter_context(server())))
        migrate(place)
        settings = {"RINGFENCE_AUDIT_URL": place.url, **SETTINGS}
        target = ringfence(stack, "several", ["-m", "proxy", "serve"], home / "several", upstream, **settings)
        load(target)
        kinds = {SERVER_MORE: "rf-server", MORE: "rf-detector"}
        return {what: own_mb(at for at in target.tree() if at.name() == name) for what, name in kinds.items()}


def by_itself() -> float:
    """Measure what a worker would need that loads the detectors by itself."""
    ran = subprocess.run([sys.executable, __file__], stdout=subprocess.PIPE, check=True, text=True, cwd=ROOT)
    return float(ran.stdout)


def own_mb(processes: Iterable[psutil.Process]) -> float:
    """Return what such a process has for itself: a median."""
    return float(statistics.median(process.memory_full_info().uss for process in processes)) / 1e6


def main() -> None:
    """Load what a worker has and analyse some prompts."""
    from bench.detection.found import units

    from proxy.detection.analysis import Analyzer
    from proxy.settings import Settings

    analyzer = Analyzer.of(Settings.load())
    for system, question in islice(cold(1), PROMPTS):
        messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
        analyzer.analyze(units({"model": "gpt-4o-mini", "messages": messages}))
    gc.collect()
    print(own_mb([psutil.Process()]))


if __name__ == "__main__":
    main()
