"""How many of the corpus' secrets are found and how many harmless texts are flagged, and what the search costs.

    python tests/bench/detection/secrets_report.py [--misses dev|held|all]

Each text is read as a worker reads it: as it is, and as everything that can be decoded out of it.
"""

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # not this folder: `numbers` is one of its files

from bench.detection.secrets_corpus import Item, benign, secrets

from proxy.detection.normal import normalise
from proxy.detection.recognizers import credentials
from proxy.detection.recognizers.base import Match
from proxy.detection.secrets import EMITS, SecretScanner, entity_type
from proxy.detection.views import budget, expand

Finder = Callable[[str], Iterator[Match]]
_GLUE = re.compile(r"[\s\\\"'>+]|\\[nr]")


@dataclass(frozen=True)
class Judged:
    """What a set of finders made of one item: which secrets they missed, and all that they found."""

    item: Item
    missed: tuple[str, ...]
    found: tuple[Match, ...]


def judge(item: Item, finders: Sequence[Finder]) -> Judged:
    """Run finders over an item as a worker does."""
    plain = normalise(item.text) or ""
    found: list[Match] = []
    seen: set[str] = set()
    for text in (plain, "\n".join(expand(plain, budget(len(plain))))):
        for find in finders:
            for match in find(text):
                if match.entity_type in EMITS:
                    found.append(match)
                    seen.update(secret for secret in item.secrets if _meet(secret, match, text))
    return Judged(item, tuple(secret for secret in item.secrets if secret not in seen), tuple(found))


def untouched(scanner: SecretScanner, text: str) -> Iterator[Match]:
    """Yield what Kingfisher's rules find by themselves, with offsets in bytes: right for ASCII."""
    for found in scanner._scanner.scan(text.encode("utf-8", "surrogatepass")):
        if found.visible:
            place = found.location
            kind = entity_type(found.rule_id)
            yield Match(kind, place["start_offset"], place["end_offset"], 0.9, found.secret)


def _meet(secret: str, match: Match, text: str) -> bool:
    """Whether a match covers some of a secret: its place, or its value in another spelling."""
    at = text.find(secret)
    while at >= 0:
        if match.start < at + len(secret) and at < match.end:
            return True
        at = text.find(secret, at + 1)
    bare, wanted = _GLUE.sub("", match.value), _GLUE.sub("", secret)
    return bool(wanted) and (wanted in bare or (len(bare) > 7 and bare in wanted))


def table(sets: dict[str, Sequence[Finder]]) -> Iterator[str]:
    """Yield the lines of the table."""
    wanted, harmless = list(secrets()), list(benign())
    yield f"{len(wanted)} texts with secrets of {len({item.kind for item in wanted})} kinds, {len(harmless)} harmless"
    for name, finders in sets.items():
        for part, of in (("dev", (False,)), ("held", (True,)), ("all", (False, True))):
            hits = [judge(item, finders) for item in wanted if item.held in of]
            alarms = [judge(item, finders) for item in harmless if item.held in of]
            found = f"recall {recall(hits):.4f} ({len(hits)})  false alarms {rate(alarms):.4f} ({len(alarms)})"
            yield f"{name:16} {part:5} {found}"


def recall(judged: Iterable[Judged]) -> float:
    """Return the share of items in which no secret was missed."""
    all_of = list(judged)
    return sum(not one.missed for one in all_of) / len(all_of)


def rate(judged: Iterable[Judged]) -> float:
    """Return the share of items in which something was found."""
    all_of = list(judged)
    return sum(bool(one.found) for one in all_of) / len(all_of)


PROSE = "When we moved the team to the new office, nobody had thought about the plants. "
CODE = """def load(path: str, *, retries: int = 3) -> dict[str, str]:
    key = os.path.basename(path)
    return {key: read(path, retries)}
"""
JSON = '{"id": 4411, "name": "Rack 7", "tags": ["eu", "spare"], "token_count": 83, "at": "2024-05-12T08:15:30Z"},\n'


def costs(sets: dict[str, Sequence[Finder]]) -> Iterator[str]:
    """Yield what each set costs for 1,000 characters, in milliseconds: the best of several runs."""
    for name, finders in sets.items():
        spent = []
        for text in (PROSE, CODE, JSON):
            long = (text * (20_000 // len(text) + 1))[:20_000]
            best = min(_timed(finders, long) for _ in range(7))
            spent.append(f"{best / 20 * 1000:.3f}")
        yield f"{name:16} prose {spent[0]}  code {spent[1]}  JSON {spent[2]} ms per 1,000 characters"


def _timed(finders: Sequence[Finder], text: str) -> float:
    started = time.process_time()
    for find in finders:
        for _ in find(text):
            pass
    return time.process_time() - started


def main() -> None:
    """Print the table, or what went wrong in one part of the corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", choices=("dev", "held", "all"))
    chosen = parser.parse_args().misses
    scanner = SecretScanner(None)
    sets: dict[str, Sequence[Finder]] = {
        "kingfisher alone": [lambda text: untouched(scanner, text)],
        "kingfisher": [scanner.find],
        "own": [credentials.RECOGNIZER.find],
        "both": [scanner.find, credentials.RECOGNIZER.find],
    }
    print("\n".join([*table(sets), *costs(sets)]))
    if chosen:
        of = {"dev": (False,), "held": (True,), "all": (False, True)}[chosen]
        for item in [*secrets(), *benign()]:
            if item.held in of:
                judged = judge(item, sets["both"])
                if judged.missed or (judged.found and not item.secrets):
                    print(
                        "MISSED" if item.secrets else "ALARM ",
                        item.name,
                        repr(item.text[:200]),
                        judged.missed,
                        judged.found[:3],
                    )
        print(Counter(match.entity_type for item in secrets() for match in judge(item, sets["both"]).found))


if __name__ == "__main__":
    main()
