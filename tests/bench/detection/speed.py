"""What detection costs: time by size of the text, a conversation that resends its history, and memory.

Each system runs in a process of its own, one after the other, on texts cut from the same requests. Times are processor
time, medians over rounds; even so, mostly the ratios of one run mean something.

    python tests/bench/detection/speed.py SYSTEM ROUNDS [FILE ...]       what the child process runs; prints JSON
"""

import gc
import json
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import psutil
from bench.detection import formats
from bench.detection.found import size, units

from proxy.detection.findings import Unit

ROUNDS = 9
SIZES = (1_000, 10_000)
TURNS, TURN_CHARS = 20, 400
CACHE_BYTES = 64 * 1024 * 1024
Scan = Callable[[Sequence[Unit]], Any]
ROWS = (
    ("ms_1000", "ms for 1,000 characters"),
    ("ms_10000", "ms for 10,000 characters"),
    ("ms_per_1000_cold", "ms per 1,000 characters of requests, cold"),
    ("ms_per_1000_cached", "ms per 1,000 characters, cached"),
    ("ms_conversation", f"ms for {TURNS} turns that resend all before"),
    ("load_s", "seconds to load"),
    ("rss_mb", "MB of one process (RSS)"),
    ("own_mb", "MB of it not shared (USS)"),
    ("worker_mb", "MB that one more forked worker adds (USS)"),
)


def measure(names: Sequence[str], data: Sequence[Path] = (), rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """Measure systems, each in a new process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")}
    figures = {}
    for name in names:
        command = [sys.executable, str(Path(__file__).resolve()), name, str(rounds), *map(str, data)]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=clean)
        figures[name] = json.loads(ran.stdout)
    return figures


def rows(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return the figures by the titles of a table's rows, then by system."""
    if not figures:
        return {}
    return {title: {name: found[key] for name, found in figures.items() if key in found} for key, title in ROWS}


def child(name: str, data: Sequence[Path], rounds: int) -> dict[str, float]:
    """Measure one system in this process."""
    bodies = [request.body for request in formats.read(list(data) or [formats.OWN])]
    text = "\n".join(segment.text for body in bodies for unit in units(body) for segment in unit.segments)
    started = time.perf_counter()
    cold, cached = ours() if name == "ours" else stock(name)
    cold(units(ask(text[:2000])))
    figures = {"load_s": time.perf_counter() - started}
    pieces = slices(text)
    for chars in SIZES:
        times = [timed(cold, units(ask(pieces(chars)))) for _ in range(rounds)]
        figures[f"ms_{chars}"] = statistics.median(times)
    figures["ms_conversation"] = statistics.median(
        sum(timed(cached, parts) for parts in conversation(pieces)) for _ in range(min(3, rounds))
    )
    some = [units(body) for body in bodies[:60]]
    total = sum(map(size, some)) / 1000
    figures["ms_per_1000_cold"] = sum(timed(cached, parts) for parts in some) / total
    figures["ms_per_1000_cached"] = sum(timed(cached, parts) for parts in some) / total
    gc.collect()
    memory = psutil.Process().memory_full_info()
    figures |= {"rss_mb": memory.rss / 1e6, "own_mb": memory.uss / 1e6}
    if name == "ours":
        figures["worker_mb"] = forked(cold, some[:20])
    return figures


def ours() -> tuple[Scan, Scan]:
    """Return our scan without and with the cache of a server, without the way to a worker."""
    from proxy.detection.analysis import Analyzer
    from proxy.detection.cache import Cache
    from proxy.detection.tasks import gather, plan
    from proxy.settings import Settings

    settings = Settings.load()
    analyzer = Analyzer.of(settings)
    cache = Cache(CACHE_BYTES, secrets.token_bytes(32))

    def scan(parts: Sequence[Unit]) -> Any:
        planned, results = plan(parts), []
        key = cache.keys("bench", analyzer.loaded.sha256)
        for item in planned:
            name = key(item.task)
            result = cache.get("bench", name) or analyzer.run(item.task)
            cache.put("bench", name, result)
            results.append(result)
        return gather(planned, results, us=0, segments=0, cached=0)

    return analyzer.analyze, scan


def stock(model: str) -> tuple[Scan, Scan]:
    """Return Presidio's analysis, which has no cache."""
    from bench.detection.stock import MODELS, assembled, stock_engine

    engine = stock_engine(MODELS[model])

    def scan(parts: Sequence[Unit]) -> Any:
        texts = [assembled(part)[0].text for part in parts]
        return [engine.analyze(text, "en") for text in texts if text]

    return scan, scan


def ask(*texts: str) -> dict[str, Any]:
    """Return a chat body with these texts, by turns of a user and an assistant."""
    return {
        "model": "gpt-4o-mini",
        "messages": [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(texts)],
    }


def slices(text: str) -> Callable[[int], str]:
    """Return a function that gives another piece of the text each time, from the start again when it ends."""
    at = 0

    def piece(chars: int) -> str:
        nonlocal at
        at = 0 if at + chars > len(text) else at
        at += chars
        return text[at - chars : at]

    return piece


def conversation(pieces: Callable[[int], str]) -> Iterator[tuple[Unit, ...]]:
    """Yield the requests of one conversation."""
    said: list[str] = []
    for _ in range(TURNS):
        said.append(pieces(TURN_CHARS))
        yield units(ask(*said))
        said.append(pieces(TURN_CHARS))


def timed(scan: Scan, parts: Sequence[Unit]) -> float:
    """Return the milliseconds of processor time of one scan: what it takes on a machine that does nothing else."""
    started = time.process_time()
    scan(parts)
    return (time.process_time() - started) * 1000


def forked(scan: Scan, requests: Sequence[Sequence[Unit]]) -> float:
    """Return the memory in MB that a worker forked from this process has for itself after some requests."""
    gc.collect()
    gc.freeze()
    reading, writing = os.pipe()
    child_pid = os.fork()
    if child_pid == 0:
        for parts in requests:
            scan(parts)
        os.write(writing, str(psutil.Process().memory_full_info().uss / 1e6).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child_pid, 0)
    return float(text)


if __name__ == "__main__":
    json.dump(child(sys.argv[1], [Path(name) for name in islice(sys.argv, 3, None)], int(sys.argv[2])), sys.stdout)
