"""The pass over a text that finds identifiers: runs of groups of digits and letters, looked up by their form.

Only runs with digits are looked at, a form is one look into a table, and the words around are read only where a form
fits and a label for it stands somewhere in the text: ordinary prose costs next to nothing, and so do tables of numbers.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from proxy.detection.recognizers.base import Match, compact
from proxy.detection.recognizers.ids.context import FAR, Around, Labels, Vocabulary
from proxy.detection.recognizers.ids.kinds import GENERIC, KINDS, OTHER, Kind
from proxy.detection.recognizers.ids.runs import MAX_GROUPS, Run, goes_on, part, row, runs, value
from proxy.detection.recognizers.ids.schemes import AMONG, FAIR, PROVEN, STRONG, WEAK, Scheme, mask
from proxy.detection.recognizers.samples import CARDS
from proxy.detection.recognizers.samples import NUMBERS as SAMPLES

_CLOCK = re.compile(r"1[4-9](?:[0-9]{8}|[0-9]{11})")
"""Seconds and milliseconds since 1970, from 2014 to 2033."""
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+")
_CASE = re.compile(r"[0-9]{1,6}/(?:19|20)[0-9]{2}")
"""Files of courts and offices are counted by the year."""
_SEPARATORS = re.compile(r"[^9A]")
_AND = re.compile(r" ?(?:[,;/&+]|and|or|und|et|y|e|en|oraz) ?(?:(?:and|und|et) )?")
_WORD_BEHIND = re.compile(r"[0-9] [a-z]{2,3}\Z")
_NAMEABLE = re.compile(r"[A-Za-z]*[0-9]|[A-Z]{1,3}\Z")
MIN_LOOSE = 7
MIN_STUCK, BESIDE, SEVERAL, MIN_CARD = 3, 240, 2, 12
LOOSE, NEAR = 2, 3
"""How near its own label a number must stand that is grouped in no usual way, or any label of persons."""

Forms = dict[str, list[tuple[Scheme, float]]]


class Place(NamedTuple):
    """Where a number stands, and its canonical form."""

    start: int
    end: int
    number: str


@dataclass(slots=True)
class View:
    """What of all that is known can be in one text at all."""

    text: str
    around: Around
    forms: Forms
    begun: set[str]
    shapes: dict[str, list[Scheme]]
    endings: frozenset[str]
    last: tuple[Scheme, int] | None = None
    announced: tuple[Kind, int, int] | None = None
    """The kind of the last number that a label announced, and where that begins and ends."""
    among: dict[str, dict[str, list[tuple[int, int]]]] = field(default_factory=dict)


class Finder:
    """What some schemes and kinds find."""

    def __init__(self, schemes: Sequence[Scheme], kinds: Sequence[Kind] = KINDS) -> None:
        self.emits: dict[str, float] = {}
        self._schemes = schemes
        self._named: dict[str, list[Scheme]] = {}
        self._kinds: dict[str, list[Kind]] = {}
        for scheme in schemes:
            self._emit(scheme.entity_type, min(_lowest(score) for _, score in scheme.forms))
            for phrase in scheme.labels:
                self._named.setdefault(phrase, []).append(scheme)
        for each in kinds:
            self._emit(each.entity_type, each.score)
            for phrase in each.labels:
                self._kinds.setdefault(phrase, []).append(each)
        self._announcing = frozenset(self._kinds)
        self._direct = self._announcing | OTHER
        self._vocabulary = Vocabulary({*self._named, *self._kinds, *OTHER, *GENERIC})
        alone = [(scheme, [form for form in scheme.forms if form[1]]) for scheme in schemes]
        self._alone = _forms(alone)
        self._begun = _begun(self._alone)

    def _emit(self, entity_type: str, score: float) -> None:
        self.emits[entity_type] = min(score, self.emits.get(entity_type, 1.0))

    def find(self, text: str) -> Iterator[Match]:
        """Yield identifiers; one that stands in a list behind another one needs no label of its own."""
        view: View | None = None
        for found in runs(text):
            view = view or self._view(text)
            run = Run(text, found.start(), found.end())
            at = 0
            while at < len(run.groups):
                taken, match = self._at(run, at, view)
                if match is not None:
                    yield match
                at += taken
        if view is not None:
            yield from self._among(view)

    def _among(self, view: View) -> Iterator[Match]:
        """Yield numbers without labels where all of their form are right: chance does not do that to several."""
        for form, numbers in view.among.items():
            for scheme, alone in self._alone[form] if len(numbers) >= SEVERAL else ():
                if alone == AMONG and all(map(scheme.valid, numbers)):
                    places = [(number, *place) for number, all_places in numbers.items() for place in all_places]
                    for number, start, end in places:
                        if view.around.labels(start, end).nearest(OTHER) > 0:
                            yield Match(scheme.entity_type, start, end, FAIR, number)
                    break

    def _view(self, text: str) -> View:
        """Leave out whatever no word of the text can name."""
        present = self._vocabulary.present(text)
        named = {scheme: None for phrase in present for scheme in self._named.get(phrase, ())}
        if not present.isdisjoint(GENERIC):
            named |= {scheme: None for scheme in self._schemes if scheme.general}
        endings = frozenset(phrase[at:] for phrase in present & self._announcing for at in range(len(phrase)))
        around = Around(text, present)
        if not named:
            return View(text, around, self._alone, self._begun, {}, endings)
        forms = _forms(
            (scheme, scheme.forms if scheme in named else [form for form in scheme.forms if form[1]])
            for scheme in self._schemes
        )
        shapes: dict[str, list[Scheme]] = {}
        for scheme in named:
            for shape in scheme.shapes:
                shapes.setdefault(shape, []).append(scheme)
        return View(text, around, forms, _begun(forms), shapes, endings)

    def _at(self, run: Run, at: int, view: View) -> tuple[int, Match | None]:
        """Return how many groups are done with, and what they are."""
        for count in reversed(_counts(run, at, view)):
            start, end = run.span(at, count)
            number = compact(run.text[start:end])
            if _WORD_BEHIND.search(run.text, start, end):
                continue
            if part(run.text, start, end) or len(set(number)) == 1 or number in SAMPLES:
                continue
            place = Place(start, end, number)
            weighed = [
                (*_weigh(place, scheme, alone, view), scheme)
                for scheme, alone in view.forms.get(run.form(at, count), ())
            ]
            rank, score, scheme = max(weighed, key=lambda each: each[0])
            if rank:
                view.last = scheme, end
                return count, Match(scheme.entity_type, start, end, score, number)
            if any(alone == AMONG for _, alone in view.forms[run.form(at, count)]) and not _CLOCK.fullmatch(number):
                view.among.setdefault(run.form(at, count), {}).setdefault(number, []).append((start, end))
        return _loose(run, at, view) or self._announced(run, at, view)

    def _announced(self, run: Run, at: int, view: View) -> tuple[int, Match | None]:
        """Find a number that is only what its label says, or that stands in a list behind one of its form."""
        start, end = run.groups[at]
        if view.announced is not None:
            kind, first, last = view.announced
            if _AND.fullmatch(run.text, last, start) and mask(run.text[start:end]) == mask(run.text[first:last]):
                view.announced = kind, start, end
                return 1, Match(kind.entity_type, start, end, kind.score, compact(run.text[start:end]))
        if (
            not view.endings
            or not _NAMEABLE.match(run.text, start, end)
            or not view.around.announced(start, end, view.endings)
        ):
            return 1, None
        direct = view.around.labels(start, end).direct(self._direct)
        longest = max(direct, key=len, default="")
        if len(longest) < MIN_STUCK and run.text[start - 1 : start] in ("-", "."):
            return 1, None
        for each in self._kinds.get(longest, ()):
            stop = value(run.text, start, each.value)
            if stop and _fits(each, run.text, start, stop):
                view.announced = each, start, stop
                return run.taken(at, stop), Match(
                    each.entity_type, start, stop, each.score, compact(run.text[start:stop])
                )
        return 1, None


def _weigh(place: Place, scheme: Scheme, alone: float, view: View) -> tuple[int, float]:
    """Return how well a number in a known form is named, and its score; zeros if it is none."""
    start, end, number = place
    raw = view.text[start:end]
    if alone == AMONG or row(view.text, start, end) or raw != raw.upper() or _CLOCK.fullmatch(number):
        alone = 0.0
    if view.last is not None and view.last[0] is scheme and goes_on(view.text, view.last[1], start):
        alone = alone if view.around.tabled(start) else PROVEN
    if not (alone and scheme.valid(number)) and (alone or not view.shapes):
        return 0, 0.0
    rank, score = _rank(scheme, alone, view.around.labels(start, end))
    return (rank, score) if rank and (alone or scheme.valid(number)) else (0, 0.0)


def _lowest(score: float) -> float:
    return {0.0: STRONG, AMONG: FAIR}.get(score, score)


def _rank(scheme: Scheme, alone: float, found: Labels) -> tuple[int, float]:
    """Return how well labels name a number, and its score; zeros if they do not."""
    own, other = found.nearest(scheme.labels), found.nearest(OTHER)
    if own == 0 or (own < FAR and other > 0 and not scheme.form_only):
        return 3, PROVEN
    if scheme.general and found.nearest(GENERIC) <= NEAR and other > 0:
        return 2, STRONG
    return (1, alone) if alone and (other > 0 or alone > WEAK) else (0, 0.0)


def _loose(run: Run, at: int, view: View) -> tuple[int, Match] | None:
    """Find a number that its label announces, in whatever groups it is written."""
    rest = len(run.groups) - at
    if not view.shapes or not 1 < rest <= MAX_GROUPS:
        return None
    for count in range(rest, 1, -1):
        start, end = run.span(at, count)
        shape = _SEPARATORS.sub("", run.form(at, count))
        if (
            len(shape) < MIN_LOOSE
            or shape not in view.shapes
            or part(run.text, start, end)
            or row(run.text, start, end)
            or _WORD_BEHIND.search(run.text, start, end)
        ):
            continue
        number = compact(run.text[start:end])
        found = view.around.labels(start, end)
        for scheme in view.shapes[shape] if number not in SAMPLES else ():
            if not scheme.form_only and found.nearest(scheme.labels) <= LOOSE and scheme.valid(number):
                return count, Match(scheme.entity_type, start, end, PROVEN, number)
    return None


def _fits(kind: Kind, text: str, start: int, stop: int) -> bool:
    """Whether what else must be spoken of is, and a security code does not belong to a test card."""
    if kind.entity_type == "CARD_SECURITY_CODE":
        left = compact(text[max(0, start - BESIDE) : start])
        return len(left) < MIN_CARD or not any(card in left for card in CARDS)
    if len(set(text[start:stop])) <= 2 or _DECIMAL.fullmatch(text, start, stop) or _CASE.fullmatch(text, start, stop):  # noqa: PLR2004 - 00000000
        return False
    if kind.written is not None and not kind.written.fullmatch(text, start, stop):
        return False
    return kind.beside is None or kind.beside.search(text, max(0, start - BESIDE), start + BESIDE) is not None


def _counts(run: Run, at: int, view: View) -> list[int]:
    """Return how many groups from there are a known form."""
    counts = []
    for count in range(1, min(MAX_GROUPS, len(run.groups) - at) + 1):
        form = run.form(at, count)
        if form in view.forms:
            counts.append(count)
        if form not in view.begun:
            break
    return counts


def _forms(schemes: Iterable[tuple[Scheme, Sequence[tuple[str, float]]]]) -> Forms:
    forms: Forms = {}
    for scheme, written in schemes:
        for form, score in written:
            forms.setdefault(form, []).append((scheme, score))
    return forms


def _begun(forms: Forms) -> set[str]:
    """Return what forms begin with, up to a separator."""
    return {form[: cut.start()] for form in forms for cut in re.finditer(r"[^9A()]", form)}
