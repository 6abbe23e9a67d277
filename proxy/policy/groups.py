"""Callers and calls as two bundles together tell them apart, and how to say in few words which of them are meant.

Two names that the files of both bundles treat alike are one cell. The bits of a cell are those of the first bundle's
selectors and, shifted, those of the second's.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proxy.policy.index import Dimension, Index
from proxy.policy.model import Call, Identity
from proxy.policy.vocabulary import ENDPOINTS
from proxy.policy.witness import OTHERS, labelled

CALLER = ("team", "app", "key")
CALL = ("endpoint", "model")

_RESOLVED = " resolved to "
_FEW = 8

Labels = tuple[str, ...]
"""One label for each of CALLER, or of CALL."""
Box = tuple[frozenset[str], ...]
"""A set of labels for each dimension: all combinations of them are meant."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Bits of both bundles' selectors -> everyone, and every call, to which exactly those apply."""

    shift: int
    callers: Mapping[int, frozenset[Labels]]
    calls: Mapping[int, frozenset[Labels]]
    names: Mapping[str, Mapping[str, str]]
    """Dimension -> label -> a name that stands for it."""
    models: Mapping[str, tuple[str, str]]
    """Label of a model -> the requested name, and the one that it resolved to."""

    def identity(self, labels: Labels) -> Identity:
        """Return a caller who stands for these labels."""
        team, app, key = (self.names[dimension][label] for dimension, label in zip(CALLER, labels, strict=True))
        return Identity(team, app, key)

    def call(self, labels: Labels) -> Call:
        """Return a call that stands for these labels."""
        endpoint, model = labels
        return Call(self.names["endpoint"][endpoint], *self.models[model])

    @property
    def everything(self) -> tuple[frozenset[str], ...]:
        """Every label of each dimension, callers' first."""
        whos = zip(*itertools.chain.from_iterable(self.callers.values()), strict=True)
        whats = zip(*itertools.chain.from_iterable(self.calls.values()), strict=True)
        return tuple(map(frozenset, (*whos, *whats)))


def cells(old: Index, new: Index, telling: tuple[int, int] = (-1, -1)) -> Cells:
    """Return the cells of two bundles, as far as the selectors whose bits are in `telling` tell names apart."""
    shift = old.exception_shift + len(old.exceptions)
    kept = telling[0] & ((1 << shift) - 1) | telling[1] << shift
    both = {name: _joint(getattr(old, f"{name}s"), getattr(new, f"{name}s"), shift) for name in (*CALLER, *CALL)}
    names = {name: labelled(dimension) for name, dimension in both.items()}
    names["endpoint"] = {OTHERS: names["endpoint"][OTHERS], **{endpoint: endpoint for endpoint in sorted(ENDPOINTS)}}
    accepted = {
        name: _by_bits((both[name].accept(example) & kept, label) for label, example in labels.items())
        for name, labels in names.items()
    }
    resolved: dict[str, tuple[str, str]] = {label: (name, name) for label, name in names["model"].items()}
    for one, other in itertools.combinations(names["model"], 2):
        bits = (both["model"].accept(names["model"][one]) | both["model"].accept(names["model"][other])) & kept
        if bits not in accepted["model"]:
            label = f"{one}{_RESOLVED}{other}"
            accepted["model"][bits] = [label]
            resolved[label] = (names["model"][one], names["model"][other])
    callers = _product([accepted[name] for name in CALLER])
    return Cells(shift, callers, _product([accepted[name] for name in CALL]), names, resolved)


def _joint(old: Dimension, new: Dimension, shift: int) -> Dimension:
    """Put two tables into one, the second's selectors above the first's."""
    exact = {name: old.accept(name) | new.accept(name) << shift for name in {*old.exact, *new.exact}}

    def above(table: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        return tuple((prefix, bits << shift) for prefix, bits in table)

    return Dimension(
        exact=exact,
        prefixes=(*old.prefixes, *above(new.prefixes)),
        excluded=(*old.excluded, *above(new.excluded)),
        free=old.free | new.free << shift,
    )


def _by_bits(pairs: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = {}
    for bits, label in pairs:
        grouped.setdefault(bits, []).append(label)
    return grouped


def _product(dimensions: Sequence[Mapping[int, Sequence[str]]]) -> dict[int, frozenset[Labels]]:
    grouped: dict[int, set[Labels]] = {-1: {()}}
    for dimension in dimensions:
        grown: dict[int, set[Labels]] = {}
        for bits, before in grouped.items():
            for more, labels in dimension.items():
                grown.setdefault(bits & more, set()).update((*some, label) for some in before for label in labels)
        grouped = grown
    return {bits: frozenset(labels) for bits, labels in grouped.items()}


def boxes(members: Collection[tuple[Any, ...]]) -> Iterator[tuple[frozenset[Any], ...]]:
    """Cover a set of tuples exactly by boxes: members that go with the same others are taken together."""
    if not members:
        return
    if not next(iter(members)):
        yield ()
        return
    rest: dict[Any, set[tuple[Any, ...]]] = {}
    for first, *others in members:
        rest.setdefault(first, set()).add(tuple(others))
    alike: dict[frozenset[tuple[Any, ...]], set[Any]] = {}
    for first, after in rest.items():
        alike.setdefault(frozenset(after), set()).add(first)
    for others_alike, firsts in sorted(alike.items(), key=lambda item: sorted(item[1])):
        for box in boxes(others_alike):
            yield (frozenset(firsts), *box)


def told(dimension: str, chosen: frozenset[str], every: frozenset[str]) -> str:
    """Say which labels of one dimension are meant, or nothing where it is all of them."""
    if chosen == every:
        return ""
    left = every - chosen
    if OTHERS in chosen and len(left) <= max(len(chosen), _FEW):
        return f"every {dimension} but {', '.join(_listed(left, every))}"
    return f"{dimension} {', '.join(_listed(chosen, every))}"


def _listed(labels: frozenset[str], every: frozenset[str]) -> list[str]:
    """Leave out names that resolve to others where the names are there, and say where a prefix means the others."""
    plain = sorted(label for label in labels if _RESOLVED not in label) or sorted(labels)
    rest = [label for label in every - labels if _RESOLVED not in label]
    return [
        f"other {label}" if label.endswith("*") and any(name.startswith(label[:-1]) for name in rest) else label
        for label in plain
    ]
