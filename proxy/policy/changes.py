"""What a change of policy says differently: ceilings, grants, rules, exceptions and the rest, one by one.

Beside the comparison of decisions, which says what comes of it. Two things here are judged: a zone that the new
taxonomy describes more weakly is looser by itself, since the same name now stands for a place that keeps less; and so
is a budget that lets more be spent or strikes less, since decisions are compared with none used up. Where no budget is
looser, what holds of these holds whichever are used up: the new bundle then strikes the same zones at the same time or
more of them, and what strikes an own zone strikes all vendors' (`lint`), so no request moves from own to vendor.
"""

import dataclasses
import datetime as dt
import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from proxy.files import money
from proxy.files.diagnostics import Place
from proxy.policy.budgets import looser
from proxy.policy.labels import written
from proxy.policy.local_first import BASIS
from proxy.policy.model import NOWHERE, Bundle, Claim, Zone

_WORDS = {
    "condition": "if",
    "data_class": "class",
    "effect": "then",
    "log_full": "log in full",
    "parts": "or_all_of",
    "sources": "from",
}
_SCORES = frozenset({"floor", "min_score"})
_MONEY = frozenset({"monthly"})
_SHARES = frozenset({"confidence"})
_LISTS = ("zones", "classes", "grants", "rules", "answers", "budgets", "exceptions")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was added, removed or changed; `details` say what about it, `where` in which file."""

    kind: str
    name: str
    action: Literal["added", "removed", "changed"]
    details: tuple[str, ...] = ()
    looser: bool = False
    where: Place = NOWHERE

    def __str__(self) -> str:
        details = f": {'; '.join(self.details)}" if self.details else ""
        return f"{self.kind} {self.name} {self.action}{details}"


def changes(old: Bundle, new: Bundle) -> tuple[Change, ...]:
    """Return everything that differs in meaning, in the order of the language; tests have none."""
    found: list[Change] = []
    for kind, before, after in _things(old, new):
        for name in sorted({*before, *after}):
            found += _compared(kind, name, before.get(name), after.get(name))
    before, after = _named(old.budgets), _named(new.budgets)
    freed = {name for name, budget in before.items() if looser(budget, after.get(name), old, new)}
    return tuple(replace(item, looser=item.name in freed) if item.kind == "budget" else item for item in found)


def _things(old: Bundle, new: Bundle) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each kind of thing with what either bundle has of it, by name."""
    for field in _LISTS:
        kind = {"classes": "class", "answers": "rule on answers"}.get(field, field.removesuffix("s"))
        yield kind, _named(getattr(old, field)), _named(getattr(new, field))
    yield "ignored type", dict(old.ignored), dict(new.ignored)
    yield "claim", _claims(old), _claims(new)
    yield "version of", dict((old.taxonomy, *old.policies)), dict((new.taxonomy, *new.policies))


def _claims(bundle: Bundle) -> dict[str, Claim]:
    return {f"never {item.never} in {', '.join(item.zones)}": item for item in bundle.claims}


def _named(items: Iterable[Any]) -> dict[str, Any]:
    return {getattr(item, "id", "") or item.name: item for item in items}


def _compared(kind: str, name: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    where = getattr(after if after is not None else before, "where", NOWHERE)
    if before is None or after is None:
        action: Literal["added", "removed"] = "added" if before is None else "removed"
        details = () if kind == "claim" else tuple(_described(after if before is None else before))
        yield Change(kind, name, action, details, where=where)
        return
    one, other = ({key: value for key, value, _ in _flat(item)} for item in (before, after))
    parts = tuple(
        _difference(key, one.get(key), other.get(key)) for key in {**one, **other} if one.get(key) != other.get(key)
    )
    yield Change(kind, name, "changed", parts, isinstance(after, Zone) and weaker(before, after), where)


def weaker(before: Zone, after: Zone) -> bool:
    """Whether a zone is described as another or a less protected place than before."""
    wider = any(not any(_inside(network, known) for known in before.networks) for network in after.networks) or bool(
        before.networks and not after.networks
    )
    moved = before.trust is not after.trust or before.region != after.region
    return moved or wider or bool(set(before.agreements) - set(after.agreements))


def _inside(network: str, known: str) -> bool:
    one, other = ipaddress.ip_network(network), ipaddress.ip_network(known)
    if isinstance(one, ipaddress.IPv4Network):
        return isinstance(other, ipaddress.IPv4Network) and one.subnet_of(other)
    return isinstance(other, ipaddress.IPv6Network) and one.subnet_of(other)


def _described(item: Any) -> Iterator[str]:
    """Say what a thing holds, but for its name, its reason and what goes without saying."""
    for key, value, usual in _flat(item):
        if key not in {"id", "name", "because"} and value not in ("", usual):
            yield f"{key} {_shown(value)}".strip()


def _flat(item: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the parts of a thing, under the words that the files use for them, with what each is if not given."""
    if not dataclasses.is_dataclass(item):
        yield "", item, None
        return
    for part in dataclasses.fields(item):
        value = getattr(item, part.name)
        if not part.compare:
            continue
        word = _WORDS.get(part.name, part.name)
        usual = () if part.default is dataclasses.MISSING else part.default
        if dataclasses.is_dataclass(value):
            yield from (((f"{word}.{key}" if key else word), inner, default) for key, inner, default in _flat(value))
        elif part.name in _MONEY:
            yield word, money.written(value), ""
        elif part.name in _SHARES:
            yield word, f"{value / BASIS:.2f}", ""
        elif part.name in _SCORES:
            yield word, written(value), written(0)
        else:
            yield word, value, usual


def _difference(key: str, before: Any, after: Any) -> str:
    if isinstance(before, tuple) and isinstance(after, tuple) and set(before) != set(after):
        gone = [f"-{item}" for item in before if item not in after]
        come = [f"+{item}" for item in after if item not in before]
        return f"{key} {' '.join([*come, *gone])}"
    return f"{key} {_shown(before)} => {_shown(after)}".strip()


def _shown(value: Any) -> str:
    if value in (None, "", ()):
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, dt.date) else str(value)
