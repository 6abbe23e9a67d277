"""Memory over a hundred thousand requests: short, long, seen before, new, disguised and hostile ones, all mixed.

    make soak [ARGS="--requests 100000 --callers 6"]

A whole Ringfence, with an upstream that answers at once. Prints the memory of every process as it goes (PSS: shared
pages count for each their part) and at the end whether it stayed flat. The cache is small, so that it is full before
memory is looked at. Workers are killed on the way, by texts that need too much memory.
"""

import argparse
import asyncio
import base64
import itertools
import json
import random
import statistics
import string
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from targets import HERE, Target, ringfence, running

from proxy.process import SERVER

SETTINGS = {
    "RINGFENCE_DETECT_CACHE_BYTES": str(8 * 1024 * 1024),
    "RINGFENCE_DETECT_WORKER_MEMORY_BYTES": str(192 * 1024 * 1024),
}
FLAT = 0.10
"""How much of its mean the memory of a process may grow from the end of the warm-up to the end of the run."""
WARM_UP = 0.3
WORDS = """
    the report about our new office says that everybody wants to keep the old desks because they are larger and the
    light is better there while nobody likes how long it takes to get coffee on the second floor after lunch so please
    write a short and friendly answer that explains what was decided and why it cannot be changed before summer
""".split()  # noqa: SIM905 - words read better than 60 lines
PEOPLE = ("Anna Schmidt", "Joao Almeida", "Mary O'Connor", "Piotr Zielinski", "Fatima Benali", "Lars Nygaard")


class Writer:
    """Makes requests up. The same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._seen = [self._prose(30) for _ in range(300)]
        self._talks: list[list[dict[str, str]]] = [[] for _ in range(50)]
        self._kinds: dict[str, tuple[float, Callable[[], str | list[dict[str, str]]]]] = {
            "seen before": (60, lambda: self._random.choice(self._seen)),
            "conversation": (24, self._conversation),
            "new words": (6, lambda: self._new_words(30)),
            "sensitive": (4, self._sensitive),
            "disguised": (3, self._disguised),
            "agent": (1.7, self._agent),
            "hostile": (1, self._hostile),
            "long": (0.25, lambda: self._prose(self._random.randint(1_500, 6_000))),
            "bomb": (0.02, lambda: f"{self._random.random()}[{'[],' * 1_500_000}[]]"[18:]),
        }

    def requests(self) -> Iterator[tuple[str, bytes]]:
        """Yield kinds and bodies: each kind once, then by chance."""
        names = list(self._kinds)
        weights = [weight for weight, _ in self._kinds.values()]
        for kind in itertools.chain(names, iter(lambda: self._random.choices(names, weights)[0], "")):
            said = self._kinds[kind][1]()
            messages = [{"role": "user", "content": said}] if isinstance(said, str) else said
            yield kind, json.dumps({"model": "gpt-4o-mini", "messages": messages}).encode()

    def _prose(self, words: int) -> str:
        return f"{' '.join(self._random.choices(WORDS, k=words)).capitalize()}."

    def _new_words(self, count: int) -> str:
        return " ".join(
            "".join(self._random.choices(string.ascii_lowercase, k=self._random.randint(3, 11))) for _ in range(count)
        )

    def _conversation(self) -> list[dict[str, str]]:
        at = self._random.randrange(len(self._talks))
        if len(self._talks[at]) >= 40:
            self._talks[at] = []
        answered = [{"role": "assistant", "content": self._prose(40)}] if self._talks[at] else []
        self._talks[at] += [*answered, {"role": "user", "content": self._prose(20)}]
        return self._talks[at]

    def _sensitive(self) -> str:
        digits = [4, *(self._random.randrange(10) for _ in range(14))]
        doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[::2]]
        card = "".join(map(str, [*digits, -sum(doubled + digits[1::2]) % 10]))
        person = self._random.choice(PEOPLE)
        mail = f"{person.split()[0].lower()}{self._random.randrange(10**6)}@post.example.org"
        return f"{self._prose(8)} {person} pays with {card}, write to {mail}. {self._prose(8)}"

    def _disguised(self) -> str:
        text = self._sensitive()
        return self._random.choice(
            [
                lambda: base64.b64encode(text.encode()).decode(),
                lambda: base64.b64encode(base64.b64encode(text.encode())).decode(),
                lambda: urllib.parse.quote(text, safe=""),
                lambda: "\u200b".join(text),
                lambda: text.encode().hex(),
                lambda: text.translate({ord("a"): "\u0430", ord("e"): "\u0435", ord("o"): "\u043e"}),
                lambda: "".join(f"&#{ord(char)};" for char in text),
                lambda: json.dumps(json.dumps({"note": text})),
            ]
        )()

    def _agent(self) -> list[dict[str, str]]:
        rows = [{"id": self._random.randrange(10**6), "open": True, "note": self._prose(6)} for _ in range(15)]
        return [
            {"role": "system", "content": self._seen[0]},
            {"role": "user", "content": self._prose(20)},
            {"role": "tool", "tool_call_id": "call_1", "content": json.dumps(rows)},
        ]

    def _hostile(self) -> str:
        number = self._random.randrange(10**9)
        return self._random.choice(
            [
                lambda: f"{number} " * 300,
                lambda: f"{number}{'(' * 2000}",
                lambda: f"{number}{'a' * 3000}@",
                lambda: f"{number}{'[{' * 300}",
                lambda: f"{number} x{chr(0x301) * 3000}",
                lambda: f"{number} {chr(0xFDFA) * 500}",
                lambda: base64.b64encode(self._random.randbytes(2000)).decode(),
                lambda: f"{number} " + "%25" * 700,
                lambda: f"{number} " + "+44 20 " * 300,
                lambda: f"{number} \ud800",
            ]
        )()


@dataclass
class Sample:
    """Memory at one moment, in MB: of the supervisor, of the server, and of all workers together."""

    requests: int
    seconds: float
    mb: dict[str, float]


@dataclass
class Soak:
    """What is sent, and what came of it."""

    target: Target
    bodies: Iterator[tuple[str, bytes]]
    left: int
    sent: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    workers: set[int] = field(default_factory=set)
    samples: list[Sample] = field(default_factory=list)

    async def run(self, callers: int, every: int) -> None:
        """Send everything, and look at memory now and then."""
        self._every, self._started = every, time.monotonic()
        print(row("requests", "seconds", "supervisor", "server", "workers", "of these", "replaced"))
        await asyncio.gather(*(self._call() for _ in range(callers)))

    async def _call(self) -> None:
        at = urlsplit(self.target.url)
        head = (
            f"POST {at.path}/chat/completions HTTP/1.1\r\nhost: {at.hostname}\r\n"
            f"authorization: Bearer {self.target.key}\r\ncontent-type: application/json\r\ncontent-length: "
        ).encode()
        reader, writer = await asyncio.open_connection(at.hostname, at.port, limit=1 << 20)
        while self.left > 0:
            self.left -= 1
            kind, body = next(self.bodies)
            writer.write(head + b"%d\r\n\r\n" % len(body) + body)
            answered = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = next(int(line[15:]) for line in answered.split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(length)
            self.kinds[kind] += 1
            self.statuses[int(answered.split()[1])] += 1
            self.sent += 1
            if self.sent % self._every == 0:
                self._look()
        writer.close()

    def _look(self) -> None:
        assert self.target.process is not None
        mb = {"supervisor": pss_mb(self.target.process), "server": 0.0, "workers": 0.0}
        alive = 0
        for process in self.target.process.children():
            try:
                server = process.name() == SERVER
                mb["server" if server else "workers"] += pss_mb(process)
            except psutil.Error:
                continue
            if not server:
                self.workers.add(process.pid)
                alive += 1
        self.samples.append(Sample(self.sent, time.monotonic() - self._started, mb))
        shown = [f"{mb[name]:.1f}" for name in ("supervisor", "server", "workers")]
        replaced = len(self.workers) - alive
        print(row(self.sent, f"{self.samples[-1].seconds:.0f}", *shown, alive, replaced), flush=True)


def pss_mb(process: psutil.Process) -> float:
    """Memory of a process, what it shares with others in parts."""
    return float(process.memory_full_info().pss / 1e6)


def growth(samples: Sequence[Sample], name: str) -> float:
    """How much memory grew after the warm-up, by a straight line through the samples, as a share of its mean."""
    late = samples[int(len(samples) * WARM_UP) :]
    if len(late) < 3:
        return float("nan")
    sizes = [sample.mb[name] for sample in late]
    slope = statistics.linear_regression([sample.requests for sample in late], sizes).slope
    return slope * (late[-1].requests - late[0].requests) / statistics.mean(sizes)


def row(*cells: Any) -> str:
    """Lay out one line of a table."""
    return "".join(f"{cell:>12}" for cell in cells)


def report(soak: Soak) -> bool:
    """Print what came of it; returns whether memory stayed flat and every request was answered."""
    print(f"\nkinds: {dict(soak.kinds)}\nanswers by status: {dict(soak.statuses)}")
    flat = True
    for name in ("supervisor", "server", "workers"):
        grown = growth(soak.samples, name)
        flat = flat and grown <= FLAT
        verdict = "flat" if grown <= FLAT else "NOT FLAT"
        print(f"{name:<12}{grown:>+8.1%} after the warm-up: {verdict}")
    return flat and not set(soak.statuses) - {200, 400}


def main(arguments: list[str] | None = None) -> int:
    """Soak; status 1 when memory grew or an answer was neither 200 nor 400 (half a surrogate pair)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--callers", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ringfence-soak-") as home, ExitStack() as stack:
        _, upstream = stack.enter_context(
            running([sys.executable, str(HERE / "upstream.py")], Path(home) / "upstream.log")
        )
        target = ringfence(stack, "soak", ["-m", "proxy", "serve"], Path(home) / "soak", upstream, **SETTINGS)
        soak = Soak(target, Writer(chosen.seed).requests(), chosen.requests)
        asyncio.run(soak.run(chosen.callers, max(1, chosen.requests // 40)))
        return 0 if report(soak) else 1


if __name__ == "__main__":
    raise SystemExit(main())
