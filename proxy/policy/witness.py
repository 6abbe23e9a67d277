"""What a proof quantifies over: the freest callers and calls, and a class's weakest requests.

A request's fate depends on its names only through the selectors that apply, so two names in one *cell* are the same to
a policy. The cells of a dimension are: each exact name, each prefix (a name that matches it and none longer), and a
name that no file mentions. Of two cells, one is at least as free where every grant and exception that applies to the
other applies to it, and no rule that does not: what it cannot reach, the other cannot either. Selectors of several
dimensions apply together, so a name that is less free than another stays so whatever the rest of the request is.
"""

import itertools
import string
from collections.abc import Iterable, Mapping

from proxy.policy.index import Dimension, Index
from proxy.policy.labels import BUILT_IN, STEPS
from proxy.policy.model import Bundle, Call, DataClass, Identity

Witness = Mapping[str, tuple[int, ...]]
Names = tuple[str, ...]

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


def freest(index: Index, endpoints: Iterable[str], opening: int, striking: int) -> list[tuple[Identity, Call]]:
    """Return callers and calls such that any other is no freer than one of them.

    `opening` are the bits of the grants and exceptions that matter, `striking` those of the rules; other selectors are
    passed over. `endpoints` come before the others where several are equally free.
    """

    def least(cells: Iterable[tuple[int, Names]]) -> dict[int, Names]:
        found: dict[int, Names] = {}
        for bits, names in cells:
            found.setdefault(bits & (opening | striking), names)
        return {bits: found[bits] for bits in _unbeaten(found, opening, striking)}

    def accepted(dimension: Dimension, names: Iterable[str]) -> list[tuple[int, Names]]:
        return [(dimension.accept(name), (name,)) for name in names]

    models: list[tuple[int, Names]] = [
        (index.models.accept(one) | index.models.accept(other), (one, other))
        for one, other in itertools.combinations_with_replacement(representatives(index.models), 2)
    ]
    choices = [
        *(accepted(dimension, representatives(dimension)) for dimension in (index.teams, index.apps, index.keys)),
        accepted(index.endpoints, [*endpoints, *representatives(index.endpoints)]),
        models,
    ]
    cells: dict[int, Names] = {-1: ()}
    for choice in choices:
        some = least(choice)
        cells = least((bits & more, (*names, *new)) for bits, names in cells.items() for more, new in some.items())
    return [(Identity(*names[:3]), Call(*names[3:])) for names in cells.values()]


def _unbeaten(cells: Iterable[int], opening: int, striking: int) -> list[int]:
    """Leave out every cell than which another one is at least as free."""
    kept: list[int] = []
    for bits in cells:
        if any(not (bits & opening & ~other or other & striking & ~bits) for other in kept):
            continue
        kept = [other for other in kept if other & opening & ~bits or bits & striking & ~other]
        kept.append(bits)
    return kept


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
