"""What is asked of a worker and what it answers, free of request paths so that an answer can be cached and reused.

A unit is one task; so is each seam between two units, because a value may be split over messages. Pure: the server,
the workers and the command line share it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from proxy.detection.findings import UNSCANNED, Finding, Scan, Unit
from proxy.detection.normal import fold, head, tail
from proxy.detection.words import SCHEMA_WORDS

FAILURES = frozenset(
    {
        "worker_died",
        "deadline",
        "bad_answer",
        "no_worker",
        "view_bound",
        "pattern_bound",
        "binary",
        "findings_bound",
        "error",
    }
)
"""Every reason that a Scan can name."""
SEAM_CHARS = 160
"""How much of either side of a boundary is joined: longer than any number, long enough for most tokens."""
NEAR_CHARS = 8
"""How far from a boundary a digit tells that a number may run over it."""
ANSWER_CHARS = 60
"""The longest answer that is read with its question: `Date of birth?` says what a date is."""
_ASKS = ("?", "\uff1f")
LAST_WORD = 4
"""Letters that a word has at least to end a sentence: `St.` and `blvd.` go on."""
MODEL = "model"
"""The string that no value runs over into: a request is refused unless a name that an operator registered is there."""
_INDEX = re.compile(r"\[\d+\]")
_DIGITS_NEAR_END = re.compile(r"[0-9][^0-9]{0,6}$")
_DIGITS_NEAR_START = re.compile(r"^[^0-9]{0,6}[0-9]")
_OPEN_END = re.compile(r"[\w@+/=.,:;!#$%&*~^-]$")
_OPEN_START = re.compile(r"^[\w@+/=.,:;!#$%&*~^-]")


@dataclass(frozen=True, slots=True)
class Text:
    """One string of a task: `shape` is its path without the unit's prefix and without indexes."""

    shape: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Task:
    """A `unit` of strings that belong together, or a `seam`: the end of one unit and the beginning of the next."""

    kind: Literal["unit", "seam"]
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A finding of a task; `index` is that of the string it was found in, -1 for the whole task."""

    entity_type: str
    score: float
    detector: str
    index: int
    value_id: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one task. With failures, the task counts as not inspected, whatever was found."""

    hits: tuple[Hit, ...]
    failures: frozenset[str]
    views: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A task and the paths to give its hits back to."""

    task: Task
    paths: tuple[str, ...]
    whole: str


def plan(units: Sequence[Unit]) -> list[Planned]:
    """Return the tasks of a request: its units first, in order, then the seams."""
    return list(planning(units))


def planning(units: Sequence[Unit]) -> Iterator[Planned]:
    """Yield the same one by one, for whoever has to look after others in between."""
    edges = []
    for unit in units:
        item = _unit_task(unit)
        said = [text for text in item.task.texts if text.text not in SCHEMA_WORDS]
        body = "".join(text.text for text in said)
        begins = "" if said and said[0].shape == MODEL else head(body, SEAM_CHARS)
        edges.append((unit.role, item.whole, begins, tail(body, SEAM_CHARS), len(said) == 1))
        yield item
    latest: dict[str, tuple[str, str]] = {}
    running = nothing = ("", "")
    for role, whole, begins, ends, plain in edges:
        for before, where in sorted({running, latest.get(role, nothing)}):
            if _could_continue(before, begins) or (plain and _could_answer(before, begins)):
                texts = (Text("seam", "", before), Text("seam", "", begins))
                yield Planned(Task("seam", texts), (where, whole), whole)
        if ends:
            running = ((running[0] + ends)[-SEAM_CHARS:], whole)
            latest[role] = ((latest.get(role, nothing)[0] + ends)[-SEAM_CHARS:], whole)


def _unit_task(unit: Unit) -> Planned:
    texts = tuple(
        Text(_INDEX.sub("[]", segment.path.removeprefix(unit.path)), segment.key, segment.text)
        for segment in unit.segments
    )
    paths = tuple(segment.path for segment in unit.segments)
    return Planned(Task("unit", texts), paths, unit.path or next(iter(paths), ""))


def _could_continue(before: str, after: str) -> bool:
    """Whether a number or a token may run over the boundary; most questions and quotations end there."""
    if not (before.strip() and after.strip()) or _new_sentence(before, after):
        return False
    before, after = fold(before.rstrip()[-NEAR_CHARS:]), fold(after.lstrip()[:NEAR_CHARS])
    if _DIGITS_NEAR_END.search(before) and _DIGITS_NEAR_START.search(after):
        return True
    return bool(_OPEN_END.search(before[-1]) and _OPEN_START.search(after))


def _could_answer(before: str, after: str) -> bool:
    """Whether a message is a short answer, which means what the question before it asked for."""
    answer = after.strip()
    return before.rstrip().endswith(_ASKS) and 0 < len(answer) <= ANSWER_CHARS and not answer.endswith(_ASKS)


def _new_sentence(before: str, after: str) -> bool:
    """Whether a sentence ends at a boundary and another begins, in words that values are not made of.

    The last two are plain, and the last is in small letters; the first has a capital, and more follows it.
    """
    *earlier, last = before.rstrip()[-SEAM_CHARS:].split(" ")
    first, *later = after.lstrip()[:SEAM_CHARS].split(" ")
    first = first.removesuffix(",")
    ends = last.endswith((".", "!")) and last[:-1].isalpha() and last.islower() and len(last) > LAST_WORD
    begins = first.isalpha() and first.istitle()
    return ends and begins and earlier != [] and earlier[-1].isalpha() and later != []


def gather(planned: Sequence[Planned], results: Iterable[Result], *, us: int, segments: int, cached: int) -> Scan:
    """Give the hits their paths back and join them to one Scan; a failure becomes an UNSCANNED finding."""
    best: dict[tuple[str, bytes, str], Finding] = {}
    failures: set[str] = set()
    views = 0
    for item, result in zip(planned, results, strict=True):
        failures |= result.failures
        views += result.views
        hits = result.hits
        if result.failures:
            hits = (*hits, Hit(UNSCANNED, 1.0, "ringfence", -1, item.whole.encode("utf-8", "surrogatepass")))
        for hit in hits:
            path = item.whole if hit.index < 0 else item.paths[hit.index]
            slot = (hit.entity_type, hit.value_id, path)
            if slot not in best or best[slot].score < hit.score:
                best[slot] = Finding(hit.entity_type, hit.score, hit.detector, path, hit.value_id)
    return Scan(tuple(best.values()), frozenset(failures), us, segments, views, cached)


def failed(reason: str) -> Result:
    """Return the result of a task that nobody could finish."""
    return Result((), frozenset({reason}), 0)


def lowest_scores(*emitted: Mapping[str, float]) -> dict[str, float]:
    """Merge what several detectors emit; the lowest score of each type wins."""
    lowest: dict[str, float] = {}
    for scores in emitted:
        for name, score in scores.items():
            lowest[name] = min(score, lowest.get(name, 1.0))
    return lowest
