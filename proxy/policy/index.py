"""A bundle compiled for deciding: names become bits, once, when the bundle is loaded.

Grants, rules and exceptions are *selectors*, one bit each. For every dimension of a request (team, app, key, endpoint,
model) a table gives the selectors that accept a name; their conjunction is the set of selectors that apply. That set,
the findings and the day are all that a decision depends on, which is also what makes claims provable.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from proxy.policy.budgets import CompiledBudget, compile_budgets
from proxy.policy.labels import BUILT_IN
from proxy.policy.local_first import LocalFirst
from proxy.policy.model import Bundle, DataClass, Grant, Strike, Trust, What, Who, Zone
from proxy.policy.modes import Effect, Mode

ANY = "*"
Patterns = Sequence[str]


@dataclass(frozen=True, slots=True)
class Dimension:
    """Which selectors accept a name. `exact` answers for every name in the files, `free` and prefixes for the rest."""

    exact: Mapping[str, int]
    prefixes: tuple[tuple[str, int], ...]
    excluded: tuple[tuple[str, int], ...]
    free: int

    def accept(self, name: str) -> int:
        """Return the bits of the selectors that accept this name."""
        known = self.exact.get(name)
        return self.resolve(name) if known is None else known

    def resolve(self, name: str) -> int:
        """Return the bits for a name that no file spells out."""
        bits = self.free
        for prefix, more in self.prefixes:
            if name.startswith(prefix):
                bits |= more
        for prefix, less in self.excluded:
            if name.startswith(prefix):
                bits &= ~less
        return bits


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule as numbers: which class, how many at which score, and which zones it strikes."""

    id: str
    effect: Effect
    data_class: int
    """Index of the class, -1 for a rule without a condition."""
    min_count: int
    min_score: int
    strikes: int
    shadow: bool
    because: str
    log_full: bool
    notify: tuple[str, ...]
    waivers: int
    """Bits of the exceptions that waive it."""
    strike: Strike


@dataclass(frozen=True, slots=True)
class CompiledClass:
    """A class as numbers: the zones its ceiling strikes."""

    name: str
    strikes: int
    because: str
    strike: Strike


@dataclass(frozen=True, slots=True)
class Index:
    """Everything `decide` reads. Bits of selectors: grants lowest, then rules, then exceptions, each by id."""

    zones: tuple[str, ...]
    vendors: int
    live: int
    teams: Dimension
    apps: Dimension
    keys: Dimension
    endpoints: Dimension
    models: Dimension
    grants: tuple[tuple[int, ...], ...]
    grant_bits: int
    storing: int
    """Bits of the grants under which vendors' zones may keep state."""
    local_first: Mapping[int, LocalFirst]
    """By its bit, each grant under which own zones come first, with when their answers stand."""
    local_bits: int
    rules: tuple[CompiledRule, ...]
    rule_shift: int
    unconditional: int
    rules_on: tuple[int, ...]
    exceptions: tuple[tuple[str, dt.date], ...]
    exception_shift: int
    classes: tuple[CompiledClass, ...]
    types: Mapping[str, tuple[tuple[int, int], ...]]
    """Entity type -> (class, floor); the floor of a built-in class is -1: every value counts, as certain."""
    unknown: tuple[tuple[int, int], ...]
    """The same for a type that the taxonomy does not know: it was not inspected by anything we can judge."""
    derived: tuple[tuple[int, tuple[int, ...]], ...]
    """Classes with parts, parts before wholes."""
    no_strikes: tuple[tuple[str, tuple[Strike, ...]], ...]
    budgets: Mapping[str, CompiledBudget]


def compile_index(bundle: Bundle, live: frozenset[str] | None, *, ceilings: bool = True, rules: bool = True) -> Index:
    """Compile a bundle that lint has passed. `live` are the zones with an upstream, None for all of them.

    Leaving out ceilings or rules is for `verify`, which says what a claim rests on.
    """
    zones = sorted(bundle.zones, key=lambda zone: zone.name)
    classes = sorted(bundle.classes, key=lambda data_class: data_class.name)
    zone_of = {zone.name: number for number, zone in enumerate(zones)}
    class_of = {data_class.name: number for number, data_class in enumerate(classes)}
    compiled = _rules(bundle, zones, zone_of, class_of) if rules else ()
    enforced = bundle.rules if rules else ()
    whos = [item.who for part in (bundle.grants, enforced, bundle.exceptions) for item in part]
    whats = [*(grant.what for grant in bundle.grants), *(rule.what for rule in enforced)]
    anywhere: list[Patterns] = [()] * len(bundle.exceptions)
    shift = len(bundle.grants)

    def bits(wanted: Callable[[CompiledRule], bool]) -> int:
        return sum(1 << (shift + number) for number, rule in enumerate(compiled) if wanted(rule))

    return Index(
        zones=tuple(zone.name for zone in zones),
        vendors=sum(1 << zone_of[zone.name] for zone in zones if zone.trust is Trust.VENDOR),
        live=sum(1 << number for name, number in zone_of.items() if live is None or name in live),
        teams=_dimension([who.teams for who in whos], [who.not_teams for who in whos]),
        apps=_dimension([who.apps for who in whos]),
        keys=_dimension([who.keys for who in whos]),
        endpoints=_dimension([*(what.endpoints for what in whats), *anywhere]),
        models=_dimension([*(what.models for what in whats), *anywhere]),
        grants=tuple(tuple(zone_of[zone] for zone in grant.zones) for grant in bundle.grants),
        grant_bits=(1 << shift) - 1,
        storing=sum(1 << number for number, grant in enumerate(bundle.grants) if grant.stores),
        local_first=(
            local := {1 << n: grant.local_first for n, grant in enumerate(bundle.grants) if grant.local_first}
        ),
        local_bits=sum(local),
        rules=compiled,
        rule_shift=shift,
        unconditional=bits(lambda rule: rule.data_class < 0),
        rules_on=tuple(bits(lambda rule, n=number: rule.data_class == n) for number in range(len(classes))),  # type: ignore[misc]
        exceptions=tuple((exception.id, exception.until) for exception in bundle.exceptions),
        exception_shift=shift + len(enforced),
        classes=tuple(_compile_class(item, zone_of, ceilings=ceilings) for item in classes),
        types=_types(bundle, class_of),
        unknown=((class_of["unscanned"], -1),),
        derived=_derived(classes, class_of),
        no_strikes=tuple((zone.name, ()) for zone in zones),
        budgets=compile_budgets(bundle, zone_of),
    )


def answer_side(bundle: Bundle, zones: Iterable[str]) -> Bundle:
    """Return the bundle that decides answers from these zones, by all that decides requests.

    Everybody is granted these zones, no ceiling strikes, and a rule on answers strikes the zones that it names: what is
    left are the zones whose answers pass. Who runs a zone makes no difference to an answer, so none is an own one.
    """
    names = tuple(sorted(zones))
    rules = []
    for rule in bundle.answers:
        left = tuple(name for name in names if rule.sources and name not in rule.sources)
        if left != names:
            rules.append(replace(rule, effect="only" if left else "block", only=left, sources=()))
    return replace(
        bundle,
        zones=tuple(replace(zone, trust=Trust.VENDOR, networks=()) for zone in bundle.zones if zone.name in names),
        classes=tuple(replace(item, ceiling=names) for item in bundle.classes),
        grants=(Grant("answers", Who(), What(), names),),
        rules=tuple(rules),
        answers=(),
        budgets=(),
    )


def _dimension(accepted: Sequence[Patterns], refused: Sequence[Patterns] = ()) -> Dimension:
    free = 0
    exact: dict[str, int] = {}
    prefixes: dict[str, int] = {}
    without: dict[str, int] = {}
    excluded: dict[str, int] = {}
    for number, patterns in enumerate(accepted):
        if not patterns or ANY in patterns:
            free |= 1 << number
        _collect(patterns, number, exact, prefixes)
    for number, patterns in enumerate(refused):
        _collect(patterns, number, without, excluded)
    open_world = Dimension({}, tuple(sorted(prefixes.items())), tuple(sorted(excluded.items())), free)
    spelled_out = {
        name: (open_world.resolve(name) | (exact.get(name, 0) & ~_prefixed(excluded, name))) & ~without.get(name, 0)
        for name in {*exact, *without}
    }
    return Dimension(spelled_out, open_world.prefixes, open_world.excluded, free)


def _collect(patterns: Patterns, number: int, exact: dict[str, int], prefixes: dict[str, int]) -> None:
    for pattern in patterns:
        table = prefixes if pattern.endswith(ANY) else exact
        name = pattern.removesuffix(ANY)
        table[name] = table.get(name, 0) | (1 << number)


def _prefixed(prefixes: Mapping[str, int], name: str) -> int:
    bits = 0
    for prefix, more in prefixes.items():
        if name.startswith(prefix):
            bits |= more
    return bits


def _rules(
    bundle: Bundle, zones: Sequence[Zone], zone_of: Mapping[str, int], class_of: Mapping[str, int]
) -> tuple[CompiledRule, ...]:
    everything = (1 << len(zones)) - 1
    vendors = sum(1 << zone_of[zone.name] for zone in zones if zone.trust is Trust.VENDOR)
    shift = len(bundle.grants) + len(bundle.rules)
    compiled = []
    for rule in bundle.rules:
        effects = {"block": everything, "pin": vendors, "only": everything & ~_zone_bits(rule.only, zone_of)}
        condition = rule.condition
        compiled.append(
            CompiledRule(
                id=rule.id,
                effect=rule.effect,
                data_class=class_of[condition.data_class] if condition else -1,
                min_count=condition.min_count if condition else 0,
                min_score=condition.min_score if condition else 0,
                strikes=effects[rule.effect],
                shadow=rule.mode is Mode.SHADOW,
                because=rule.because,
                log_full=rule.log_full,
                notify=rule.notify,
                waivers=sum(1 << (shift + n) for n, item in enumerate(bundle.exceptions) if item.waives == rule.id),
                strike=Strike("rule", rule.id),
            )
        )
    return tuple(compiled)


def _zone_bits(names: Iterable[str], zone_of: Mapping[str, int]) -> int:
    return sum(1 << zone_of[name] for name in set(names))


def _compile_class(data_class: DataClass, zone_of: Mapping[str, int], *, ceilings: bool) -> CompiledClass:
    everything = (1 << len(zone_of)) - 1
    strikes = everything & ~_zone_bits(data_class.ceiling, zone_of) if ceilings else 0
    return CompiledClass(data_class.name, strikes, _ceiling_reason(data_class), Strike("ceiling", data_class.name))


def _ceiling_reason(data_class: DataClass) -> str:
    reach = f"may go to {', '.join(data_class.ceiling)} only" if data_class.ceiling else "may go nowhere"
    match data_class.name:
        case "unscanned":
            what = "a part of this request could not be inspected (an image, a file, a reference, or a failed scan); it"
        case "uncovered":
            what = "this request holds text in a script or language that no name detector covers; it"
        case name:
            what = f"data of class {name}"
    return f"{what} {reach} (ceiling of the taxonomy)"


def _types(bundle: Bundle, class_of: Mapping[str, int]) -> dict[str, tuple[tuple[int, int], ...]]:
    types: dict[str, list[tuple[int, int]]] = {name: [] for name, _ in bundle.ignored}
    for data_class in bundle.classes:
        number = class_of[data_class.name]
        if data_class.name in BUILT_IN:
            types.setdefault(BUILT_IN[data_class.name], []).append((number, -1))
        for entity in data_class.entities:
            types.setdefault(entity, []).append((number, data_class.floor))
    return {name: tuple(sorted(targets)) for name, targets in types.items()}


def _derived(classes: Sequence[DataClass], class_of: Mapping[str, int]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    waiting = {item.name: item.parts for item in classes if item.parts}
    done: list[tuple[int, tuple[int, ...]]] = []
    while waiting:
        ready = [name for name, parts in waiting.items() if not any(part in waiting for part in parts)]
        if not ready:
            raise ValueError("classes in a cycle; lint refuses them")
        done += [
            (class_of[name], tuple(sorted(class_of[part] for part in waiting.pop(name)))) for name in sorted(ready)
        ]
    return tuple(done)
