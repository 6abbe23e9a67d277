"""How good a system's answers are: value by value, and request by request.

A finding hits an expected value when it stands in the same string and its text is, holds, is held by or largely
overlaps the value, letters and digits alone compared. A value counts once a string, however often it stands there.
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

from bench.detection.found import Answer, Found
from bench.detection.groups import HARD, SECRETS
from bench.detection.marks import Expected, Request

OVERLAP = 0.6
"""The part of the shorter text that two share, from which they are the same value with other borders."""
SHORT = 4
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Judged:
    """One request with a system's answer: what each expected value was found as, and what each finding is."""

    request: Request
    answer: Answer
    values: tuple[tuple[Expected, frozenset[str]], ...]
    """Distinct expected values, each with the groups of the findings that hit it."""
    findings: tuple[tuple[Found, frozenset[str]], ...]
    """Distinct findings, each with the types of the expected values that it hits; none is a false alarm."""

    def flagged(self, groups: frozenset[str]) -> bool:
        """Whether anything of these groups was found, right or wrong."""
        return any(found.group in groups for found, _ in self.findings)

    def wanted(self, groups: frozenset[str]) -> list[frozenset[str]]:
        """Return, for each expected value of these groups, the groups it was found as."""
        return [hits for value, hits in self.values if value.entity_type in groups]


@dataclass
class Kind:
    """Counts of one group: expected values, those found as such, found as anything hard; findings, right and false."""

    expected: int = 0
    found: int = 0
    found_as_any: int = 0
    findings: int = 0
    right: int = 0
    alarms: int = 0
    alarmed: int = 0
    """Requests without hard identifiers in which something was found as this that is about nothing."""

    @property
    def precision(self) -> float:
        """Of the findings, how many are values of the type; nan when there is none."""
        return ratio(self.right, self.findings)

    @property
    def recall(self) -> float:
        """Of the values, how many were found as the type; nan when there is none."""
        return ratio(self.found, self.expected)

    @property
    def f2(self) -> float:
        """Both in one, recall weighing four times as much; nan where there was nothing to find."""
        return f2(self.precision, self.recall)


@dataclass
class Rates:
    """Counts of requests: with something to find (caught, wholly caught, flagged at all), and without (flagged)."""

    sensitive: int = 0
    caught: int = 0
    whole: int = 0
    flagged: int = 0
    benign: int = 0
    false: int = 0

    @property
    def precision(self) -> float:
        """Of the requests in which something was found, in how many some of it is there."""
        return ratio(self.caught, self.flagged + self.false)

    @property
    def recall(self) -> float:
        """Of the requests with something to find, in how many some of it was found."""
        return ratio(self.caught, self.sensitive)

    @property
    def f2(self) -> float:
        """Both in one, recall weighing four times as much."""
        return f2(self.precision, self.recall)

    @property
    def false_rate(self) -> float:
        """Of the requests with nothing to find, in how many something was found."""
        return ratio(self.false, self.benign)


@dataclass
class Tally:
    """Everything that is counted over some requests."""

    kinds: dict[str, Kind] = field(default_factory=lambda: defaultdict(Kind))
    hard: Rates = field(default_factory=Rates)
    personal: Rates = field(default_factory=Rates)
    secrets: Rates = field(default_factory=Rates)
    requests: int = 0
    withheld: int = 0
    us: int = 0
    chars: int = 0

    def add(self, judged: Judged) -> None:
        """Count one request."""
        self.requests += 1
        self.withheld += bool(judged.answer.withheld)
        self.us += judged.answer.us
        self.chars += judged.answer.chars
        for value, hits in judged.values:
            kind = self.kinds[value.entity_type]
            kind.expected += 1
            kind.found += value.entity_type in hits
            kind.found_as_any += bool(hits & HARD) or value.entity_type in hits
        for found, types in judged.findings:
            kind = self.kinds[found.group]
            kind.findings += 1
            kind.right += found.group in types
            kind.alarms += not types
        if not judged.wanted(HARD):
            for name in {found.group for found, types in judged.findings if not types}:
                self.kinds[name].alarmed += 1
        for rates, groups in ((self.hard, HARD), (self.personal, HARD - SECRETS), (self.secrets, SECRETS)):
            _rate(rates, judged, groups)

    def total(self, groups: Iterable[str]) -> Kind:
        """Return the sum over some groups."""
        total = Kind()
        for name in groups:
            if name in self.kinds:
                for count, value in vars(self.kinds[name]).items():
                    setattr(total, count, getattr(total, count) + value)
        return total


def _rate(rates: Rates, judged: Judged, groups: frozenset[str]) -> None:
    wanted, flagged = judged.wanted(groups), judged.flagged(groups)
    if wanted:
        caught = [bool(hits & groups) for hits in wanted]
        rates.sensitive += 1
        rates.caught += any(caught)
        rates.whole += all(caught)
        rates.flagged += flagged
    else:
        rates.benign += 1
        rates.false += flagged


def ratio(part: float, whole: float) -> float:
    """Divide; nan where there is nothing to divide by."""
    return part / whole if whole else math.nan


def f2(precision: float, recall: float) -> float:
    """Return the F score in which recall weighs four times as much; nan where there was nothing to find."""
    if math.isnan(recall):
        return math.nan
    if not (precision and recall):
        return 0.0
    return 5 * precision * recall / (4 * precision + recall)


def judge(request: Request, answer: Answer) -> Judged:
    """Compare what was found with what is there."""
    values: dict[tuple[str, str, str], Expected] = {}
    for value in request.expected:
        values.setdefault((value.entity_type, squeeze(value.value), value.path), value)
    findings: dict[tuple[str, str, str | None], Found] = {}
    for found in answer.found:
        place = (found.group, squeeze(found.text), found.path)
        findings[place] = max(findings.get(place, found), found, key=lambda each: each.score)
    pairs = [(value, found) for value in values.values() for found in findings.values() if hits(found, value)]
    return Judged(
        request,
        answer,
        tuple((value, frozenset(found.group for other, found in pairs if other is value)) for value in values.values()),
        tuple(
            (found, frozenset(value.entity_type for value, other in pairs if other is found))
            for found in findings.values()
        ),
    )


def hits(found: Found, value: Expected) -> bool:
    """Whether a finding is about a value."""
    if found.path is not None and found.path != value.path:
        return False
    return any(same(found.text, text) for text in {value.value, value.written})


@lru_cache(maxsize=1 << 16)
def same(first: str, second: str) -> bool:
    """Whether two texts are the same value, perhaps with other borders. Very short ones must be whole words."""
    shorter, longer = sorted((first, second), key=lambda text: len(squeeze(text)))
    one, two = squeeze(shorter), squeeze(longer)
    if len(one) < SHORT:
        return first.strip() == second.strip() if not one else one == two or one in map(squeeze, _WORD.findall(longer))
    if one in two:
        return True
    return SequenceMatcher(None, one, two, autojunk=False).find_longest_match().size >= OVERLAP * len(one)


@lru_cache(maxsize=1 << 16)
def squeeze(text: str) -> str:
    """Return the letters and digits alone, in one case and width."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
