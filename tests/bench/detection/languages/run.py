r"""Names in other languages, measured: in how many messages Ringfence and stock Presidio find somebody.

    make bench-languages [ARGS="--only ours --misses misses.txt"]

`messages/de.txt` holds 25 short German messages, one a line (`\n` is a line break): in 20 the names of invented
private people stand in `⟦...⟧`, half of them in lower case, in JSON, lists and signatures; the others name only
places, brands and public figures. A language is covered (`proxy.detection.lexicon.languages.COVERED`) if somebody is
found in at least COVERS of its messages; text in another one counts as not inspected. As in the other benchmark, half
of the messages are held back: what was missed in them is not written.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
sys.path.insert(0, str(Path(__file__).resolve().parents[4]))

from bench.detection.found import System
from bench.detection.groups import HARD
from bench.detection.marks import Request, resolve
from bench.detection.run import make
from bench.detection.score import Judged, judge, ratio

from proxy.detection.findings import UNCOVERED
from proxy.detection.lexicon.languages import COVERED, COVERS

MESSAGES = Path(__file__).resolve().parent / "messages"
SYSTEMS = ("ours", "md")


@dataclass(frozen=True)
class Figures:
    """What one system does with the messages of one language; shares from 0 to 1."""

    persons: float
    """Names found as such."""
    messages: float
    """Messages with names in which at least one of them was found, as whatever identifies."""
    alarms: int
    """Messages without anybody in which something was found."""
    uncovered: float
    """Messages that count as not inspected for their language."""


def read(language: str) -> Iterator[Request]:
    """Yield the messages of a language as chat requests."""
    lines = (MESSAGES / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        content = line.replace("\\n", "\n").replace("⟦", "⟦PERSON|")
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}]}
        yield resolve(f"language-{language}-{number}", body, (language,))


def languages() -> list[str]:
    """Return the languages there are messages of."""
    return sorted(file.stem for file in MESSAGES.glob("*.txt"))


def look(system: System, language: str, half: str = "all") -> list[Judged]:
    """Let a system read the messages of a language."""
    return [judge(item, system.look(item.body)) for item in read(language) if half in ("all", item.half)]


def figures(judged: Sequence[Judged]) -> Figures:
    """Count."""
    wanted = [seen.wanted(HARD) for seen in judged]
    hits = [found for found in wanted if found]
    names = [name for found in hits for name in found]
    alarms = sum(seen.flagged(HARD) for seen, found in zip(judged, wanted, strict=True) if not found)
    return Figures(
        ratio(sum("PERSON" in name for name in names), len(names)),
        ratio(sum(any(name & HARD for name in found) for found in hits), len(hits)),
        alarms,
        ratio(sum(UNCOVERED in seen.answer.withheld for seen in judged), len(judged)),
    )


def table(measured: dict[str, dict[str, Figures]]) -> str:
    """Return a line a language, with the figures of every system."""
    systems = list(next(iter(measured.values())))
    lines = ["              " + "".join(f"{name:^34}" for name in systems), "language      " + HEAD * len(systems)]
    for language, each in measured.items():
        shown = "".join(
            f"{one.persons:8.2f}{one.messages:10.2f}{one.alarms:8d}{one.uncovered:8.2f}" for one in each.values()
        )
        lines.append(f"{language:4}{'covered' if language in COVERED else '':10}{shown}")
    return "\n".join(lines)


HEAD = f"{'persons':>8}{'messages':>10}{'alarms':>8}{'uncov.':>8}"


def missed(judged: Iterable[Judged]) -> Iterator[str]:
    """Yield what was missed or wrongly found in the messages that may be looked at."""
    for seen in judged:
        if seen.request.half == "dev":
            text = repr(seen.request.body["messages"][0]["content"])
            yield from (f"missed\t{value.value}\t{text}" for value, hits in seen.values if "PERSON" not in hits)
            wrong = (found for found, types in seen.findings if not types and found.group in HARD)
            yield from (f"wrong\t{found.text}\t{found.detector}\t{text}" for found in wrong)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", action="append", choices=("ours", "sm", "md"), help="systems; ours and md if not given"
    )
    parser.add_argument("--language", action="append", choices=languages(), help="languages; all if not given")
    parser.add_argument("--half", choices=("all", "dev", "held"), default="all", help="messages to run")
    parser.add_argument("--misses", type=Path, help="write what Ringfence missed or found wrongly in the dev half")
    chosen = parser.parse_args(arguments)
    systems = make(chosen.only or SYSTEMS)
    judged = {
        language: {system.name: look(system, language, chosen.half) for system in systems}
        for language in chosen.language or languages()
    }
    measured = {language: {name: figures(seen) for name, seen in each.items()} for language, each in judged.items()}
    print(table(measured))
    print(f"a language is covered from {COVERS} of its messages")
    if chosen.misses is not None:
        ours = [line for each in judged.values() for line in missed(each.get("ringfence", ()))]
        chosen.misses.write_text("\n".join(ours), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
