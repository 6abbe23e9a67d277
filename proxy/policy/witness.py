"""What a proof quantifies over: one caller and call per cell of the names, and a class's weakest requests.

A request's fate depends on its names only through the selectors that apply, so two names in one cell are the same to a
policy. The cells of a dimension are: each exact name, each prefix (a name that matches it and none longer), and a name
that no file mentions.
"""

import itertools
import string
from collections.abc import Iterable, Mapping

from proxy.policy.index import Dimension, Index
from proxy.policy.labels import BUILT_IN, STEPS
from proxy.policy.model import Bundle, Call, DataClass, Identity

Witness = Mapping[str, tuple[int, ...]]
Cells = dict[int, tuple[Identity, Call]]
"""Bits of the selectors that apply -> one caller and call to which exactly those apply."""


OTHERS = "(others)"
"""What the cell of unmentioned names is called; the brackets keep it apart from every real name."""

_SUFFIXES = ("", "any", "other", *string.ascii_lowercase, *string.digits, "~")
"""The last is in no pattern, so it always leads out of the names of the files."""


def representatives(dimension: Dimension) -> list[str]:
    """Return one name per cell, an unmentioned one first."""
    return list(labelled(dimension).values())


def labelled(dimension: Dimension) -> dict[str, str]:
    """Return one name per cell under what a person would call the cell: `others`, a name, or `prefix*`."""
    prefixes = sorted({prefix for prefix, _ in (*dimension.prefixes, *dimension.excluded)} - {""})
    return {
        OTHERS: _free_name("", dimension, prefixes),
        **{name: name for name in sorted(dimension.exact)},
        **{f"{prefix}*": _free_name(prefix, dimension, prefixes) for prefix in prefixes},
    }


def _free_name(start: str, dimension: Dimension, prefixes: Iterable[str]) -> str:
    """Return a name that matches this prefix, none longer, and is not spelled out itself."""
    longer = [prefix for prefix in prefixes if prefix.startswith(start) and prefix != start]
    names: list[str] = [start + suffix for suffix in _SUFFIXES if start + suffix not in dimension.exact]
    return next(name for name in names if name and not any(name.startswith(prefix) for prefix in longer))


def cells(index: Index, endpoints: Iterable[str]) -> Cells:
    """Return every distinguishable combination of caller and call, with the bits that apply to it."""
    callers = {-1: ("", "", "")}
    for place, dimension in enumerate((index.teams, index.apps, index.keys)):
        grown: dict[int, tuple[str, str, str]] = {}
        for bits, names in callers.items():
            for name in representatives(dimension):
                parts = (*names[:place], name, *names[place + 1 :])
                grown.setdefault(bits & dimension.accept(name), (parts[0], parts[1], parts[2]))
        callers = grown
    models: dict[int, tuple[str, str]] = {}
    for one, other in itertools.combinations_with_replacement(representatives(index.models), 2):
        models.setdefault(index.models.accept(one) | index.models.accept(other), (one, other))
    calls: dict[int, Call] = {}
    for endpoint in (*endpoints, *representatives(index.endpoints)):
        for bits, (requested, resolved) in models.items():
            calls.setdefault(bits & index.endpoints.accept(endpoint), Call(endpoint, requested, resolved))
    result: Cells = {}
    for who_bits, names in callers.items():
        for call_bits, call in calls.items():
            result.setdefault(who_bits & call_bits, (Identity(*names), call))
    return result


def witnesses(bundle: Bundle, index: Index, name: str) -> list[Witness]:
    """Return the weakest requests that carry a class; types that no class tells apart are tried once."""
    classes = {item.name: item for item in bundle.classes}
    return [dict(items) for items in sorted(_weakest(classes[name], classes, index))]


Items = tuple[tuple[str, tuple[int, ...]], ...]


def _weakest(item: DataClass, classes: Mapping[str, DataClass], index: Index) -> set[Items]:
    if item.name in BUILT_IN:
        return {((BUILT_IN[item.name], (STEPS,)),)}
    kinds: dict[tuple[tuple[int, int], ...], str] = {}
    for entity in item.entities:
        kinds.setdefault(index.types[entity], entity)
    found: set[Items] = {((entity, (item.floor,)),) for entity in kinds.values()}
    if item.parts:
        choices = [_weakest(classes[part], classes, index) for part in item.parts]
        found |= {together(combination) for combination in itertools.product(*choices)}
    return found


def together(combination: Iterable[Items]) -> Items:
    """Join witnesses; where two want the same type, one value with the higher of the scores serves both."""
    joined: dict[str, tuple[int, ...]] = {}
    for items in combination:
        for entity, scores in items:
            joined[entity] = max(scores, joined.get(entity, scores))
    return tuple(sorted(joined.items()))
