"""What a bundle can get wrong across its files, and against the detectors and upstreams around it.

Every check here is one that the loader enforces: there is no lint that only nags, and no load that skips lint.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from proxy.files.diagnostics import Problems, did_you_mean, shown
from proxy.policy.budgets import struck
from proxy.policy.exceptions import LONGEST_DAYS, day_of, expired
from proxy.policy.labels import BUILT_IN, STEPS
from proxy.policy.model import Bundle, DataClass, Grant, PolicyException, Rule, Trust
from proxy.policy.modes import Mode
from proxy.policy.parse_context import Reference

TOLERATED = frozenset({"exception-expired", "shadow-too-long"})
"""Errors in CI that never keep a bundle from loading: a date must not stop a start, and neither frees a request."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the bundle is held against; None where that is not known, as on a laptop without detectors."""

    today: dt.date
    entity_types: frozenset[str] | None = None
    thresholds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Entity type -> the score below which its detector discards values: a cut, not merely the lowest score seen."""
    zones_with_upstreams: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    """Who can be told of decisions; empty where no file of channels is configured."""
    zones_with_prices: frozenset[str] | None = None


Check = Callable[[Bundle, Surroundings, Problems], None]


def lint(bundle: Bundle, references: Sequence[Reference], around: Surroundings, problems: Problems) -> None:
    """Report everything that is wrong; a bundle with a class cycle or unknown names must not be compiled."""
    check_references(bundle, references, problems)
    check_entities(references, around, problems)
    check_channels(references, around, problems)
    for check in CHECKS:
        check(bundle, around, problems)


def check_references(bundle: Bundle, references: Sequence[Reference], problems: Problems) -> None:
    """Every zone, class, rule and entity type that is used must exist."""
    entities = {entity for item in bundle.classes for entity in item.entities}
    built_in = set(BUILT_IN.values())
    known = {
        "zone": {item.name for item in bundle.zones},
        "class": {item.name for item in bundle.classes},
        "rule": {item.id for item in bundle.every_rule},
        "budget": {item.id for item in bundle.budgets},
        "entity": entities | {name for name, _ in bundle.ignored} | built_in,
    }
    for item in (item for item in references if item.kind != "channel"):
        if item.kind == "ignored":
            if item.name in entities | built_in:
                problems.error(item.where, "ignored-and-classed", f"{item.name} is ignored here and belongs to a class")
        elif item.name not in known[item.kind]:
            what = "no class has this type" if item.kind == "entity" else f"there is no {item.kind} {shown(item.name)}"
            problems.error(item.where, f"unknown-{item.kind}", what, did_you_mean(item.name, known[item.kind]))
        elif item.user and item.name in built_in:
            problems.error(item.where, "built-in-type", f"{item.name} belongs to its built-in class alone")


def check_detectors(bundle: Bundle, around: Surroundings, problems: Problems) -> None:
    """Taxonomy and detectors must agree on types, and no detector may drop what a class counts."""
    if around.entity_types is None:
        return
    built_in = set(BUILT_IN.values())
    classed = {entity for item in bundle.classes for entity in item.entities} | built_in
    for entity in sorted(around.entity_types - classed - {name for name, _ in bundle.ignored}):
        hint = "list it in a class, or under 'ignore' with a reason"
        problems.error(bundle.where, "detector-without-class", f"detectors find {entity}, which no class lists", hint)
    for item in bundle.classes:
        for entity in item.entities:
            lowest = around.thresholds.get(entity, 0.0)
            if lowest * STEPS > item.floor + 1e-9:
                message = f"the detector of {entity} drops scores below {lowest:g}, above the floor of {item.name}"
                problems.error(item.floor_where, "threshold-above-floor", message)


def check_entities(references: Sequence[Reference], around: Surroundings, problems: Problems) -> None:
    """Hold each type of a class against the detectors: one that none finds would leave the class blind."""
    if around.entity_types is None:
        return
    for item in references:
        if item.user and item.name not in around.entity_types | set(BUILT_IN.values()):
            message = f"no loaded detector finds {item.name}, so {item.user} would miss it"
            problems.error(item.where, "entity-without-detector", message, did_you_mean(item.name, around.entity_types))


def check_channels(references: Sequence[Reference], around: Surroundings, problems: Problems) -> None:
    """Hold the channels of rules against those that there are: a rule must not only seem to tell somebody."""
    named = [item for item in references if item.kind == "channel"]
    if around.channels:
        for item in (item for item in named if item.name not in around.channels):
            hint = did_you_mean(item.name, around.channels)
            problems.error(item.where, "unknown-channel", f"there is no channel {shown(item.name)}", hint)
    elif around.channels is not None:
        for first in {item.name: item for item in reversed(named)}.values():
            message = f"nobody is told: no channels are configured, and so no {shown(first.name)}"
            problems.warning(first.where, "channel-not-configured", message, "set RINGFENCE_CHANNELS")


def check_classes(bundle: Bundle, _: Surroundings, problems: Problems) -> None:
    """Built-in classes exist, what was not inspected stays home, and derived classes end somewhere."""
    zones = {zone.name: zone for zone in bundle.zones}
    classes = {item.name: item for item in bundle.classes}
    for name in sorted(BUILT_IN.keys() - classes.keys()):
        problems.error(bundle.where, "built-in-class-missing", f"the taxonomy must give '{name}' a ceiling")
    for item in bundle.classes:
        vendors = [name for name in item.ceiling if name in zones and zones[name].trust is Trust.VENDOR]
        if item.name in BUILT_IN and vendors:
            message = f"what was not inspected may never reach a vendor, and {vendors[0]} is one"
            problems.error(item.ceiling_where, "unscanned-reaches-vendor", message)
        if _in_cycle(item, classes):
            problems.error(item.where, "class-cycle", f"{item.name} is a part of itself")


def _in_cycle(item: DataClass, classes: Mapping[str, DataClass]) -> bool:
    seen: set[str] = set()
    waiting = list(item.parts)
    while waiting:
        name = waiting.pop()
        if name == item.name:
            return True
        if name in classes and name not in seen:
            seen.add(name)
            waiting.extend(classes[name].parts)
    return False


def check_zones(bundle: Bundle, around: Surroundings, problems: Problems) -> None:
    """Name the zones that are struck because no upstream serves them."""
    for zone in bundle.zones:
        if around.zones_with_upstreams is not None and zone.name not in around.zones_with_upstreams:
            problems.warning(zone.where, "zone-without-upstream", f"no upstream serves {zone.name}, so it is struck")


def check_rules(bundle: Bundle, _: Surroundings, problems: Problems) -> None:
    """Find rules that can never strike anything."""
    zones = {zone.name for zone in bundle.zones}
    vendors = {zone.name for zone in bundle.zones if zone.trust is Trust.VENDOR}
    classes = {item.name: item for item in bundle.classes}
    for rule in bundle.rules:
        if rule.effect == "only" and zones and zones <= set(rule.only):
            problems.error(rule.then_where, "rule-without-effect", f"'{rule.id}' leaves every zone open")
        if rule.effect == "pin" and not vendors:
            problems.error(rule.then_where, "rule-without-effect", f"'{rule.id}' has no vendor zone to strike")
    for rule in bundle.every_rule:
        _check_condition(rule, classes, problems)


def _check_condition(rule: Rule, classes: Mapping[str, DataClass], problems: Problems) -> None:
    condition = rule.condition
    if condition is None or condition.data_class not in classes:
        return
    data_class = classes[condition.data_class]
    if data_class.name in BUILT_IN and condition.min_score:
        message = f"{data_class.name} has no scores: it is there or it is not"
        problems.error(condition.score_where, "score-of-built-in", message)
    if data_class.parts and not data_class.entities and condition.min_count > 1:
        message = f"{data_class.name} counts once at most, so '{rule.id}' can never match"
        problems.error(condition.count_where, "rule-without-effect", message)


def check_grants(bundle: Bundle, _: Surroundings, problems: Problems) -> None:
    """Grants are the only thing that opens; the widest ones deserve a look."""
    zones = {zone.name: zone for zone in bundle.zones}
    if not bundle.grants:
        problems.warning(bundle.where, "no-grant", "no policy grants anything, so every request is refused")
    for grant in bundle.grants:
        for name in grant.zones:
            zone = zones.get(name)
            if zone and zone.trust is Trust.VENDOR and not zone.agreements and _for_everyone(grant):
                message = f"'{grant.id}' opens {name} to every caller, and the taxonomy names no agreement with it"
                problems.warning(grant.where, "grant-too-wide", message)
        trusts = {zones[name].trust for name in grant.zones if name in zones}
        if grant.local_first and len(trusts) == 1:
            message = f"'{grant.id}' has no {min(set(Trust) - trusts)} zone, so 'local_first' changes nothing in it"
            problems.warning(grant.where, "local-first-without-effect", message)


def _for_everyone(grant: Grant) -> bool:
    lists = (grant.who.teams, grant.who.apps, grant.who.keys)
    return not grant.who.not_teams and all(not names or "*" in names for names in lists)


def check_exceptions(bundle: Bundle, around: Surroundings, problems: Problems) -> None:
    """Exceptions are short, approved by someone else, and waive something."""
    shadowed = {rule.id for rule in bundle.every_rule if rule.mode is Mode.SHADOW}
    for item in bundle.exceptions:
        _check_exception(item, around.today, problems)
        if item.waives in shadowed:
            message = f"'{item.waives}' is in shadow mode, so there is nothing to waive"
            problems.warning(item.where, "exception-without-effect", message)


def _check_exception(item: PolicyException, today: dt.date, problems: Problems) -> None:
    if item.owner and item.owner.casefold() == item.approved_by.casefold():
        problems.error(item.approved_where, "exception-self-approved", f"{item.id} is approved by its own owner")
    if expired(item.until, today):
        message = f"{item.id} ended {item.until}; it no longer waives {item.waives}"
        problems.error(item.until_where, "exception-expired", message)
    elif (item.until - day_of(today)).days > LONGEST_DAYS:
        problems.error(item.until_where, "exception-too-long", f"{item.id} ends more than {LONGEST_DAYS} days from now")


def check_shadows(bundle: Bundle, around: Surroundings, problems: Problems) -> None:
    """See that somebody decides about a rule in shadow: until then it protects nothing."""
    for rule in bundle.every_rule:
        if rule.mode is not Mode.SHADOW:
            continue
        if rule.until is None:
            message = f"'{rule.id}' names no day ('until') by which someone decides whether to enforce it"
            problems.warning(rule.mode_where, "shadow-too-long", message)
        elif expired(rule.until, around.today):
            message = f"'{rule.id}' was to be decided by {rule.until}, and still strikes nothing"
            problems.error(rule.until_where, "shadow-too-long", message)
        elif (rule.until - day_of(around.today)).days > LONGEST_DAYS:
            message = f"'{rule.id}' would stay in shadow for more than {LONGEST_DAYS} days from now"
            problems.error(rule.until_where, "shadow-too-long", message)


def check_budgets(bundle: Bundle, around: Surroundings, problems: Problems) -> None:
    """Find budgets that strike nothing, count nothing, or would move requests from own servers to vendors."""
    vendors = {zone.name for zone in bundle.zones if zone.trust is Trust.VENDOR}
    for budget in bundle.budgets:
        strikes = struck(budget, bundle)
        if not strikes:
            problems.error(budget.then_where, "rule-without-effect", f"'{budget.id}' has no vendor zone to strike")
        if strikes - vendors and vendors - strikes:
            message = (
                f"used up, '{budget.id}' would leave {min(vendors - strikes)} open and {min(strikes - vendors)} not"
            )
            problems.error(budget.then_where, "budget-favours-vendors", message, "list every vendor's zone as well")
        known = vendors if around.zones_with_prices is None else around.zones_with_prices
        for zone in sorted((vendors & set(budget.zones)) - known):
            message = f"no model has a price in {zone}, so '{budget.id}' counts nothing there"
            problems.warning(budget.where, "budget-without-price", message)


def check_claims(bundle: Bundle, _: Surroundings, problems: Problems) -> None:
    """Hold claims and ceilings against each other, so that loosening either does not go unnoticed."""
    vendors = {zone.name for zone in bundle.zones if zone.trust is Trust.VENDOR}
    classes = {item.name: item for item in bundle.classes}
    for claim in bundle.claims:
        looser = sorted(set(claim.zones) & set(classes[claim.never].ceiling)) if claim.never in classes else []
        if looser:
            message = f"the ceiling of {claim.never} allows {', '.join(looser)}, so only rules can keep the claim"
            problems.warning(claim.where, "ceiling-looser-than-claim", message)
    for item in bundle.classes:
        claimed = {zone for claim in bundle.claims if claim.never == item.name for zone in claim.zones}
        missing = sorted(vendors - set(item.ceiling) - claimed)
        if missing:
            message = f"no claim says that {item.name} never reaches {', '.join(missing)}"
            problems.warning(item.where, "claim-missing", message)


CHECKS: tuple[Check, ...] = (
    check_detectors,
    check_classes,
    check_zones,
    check_rules,
    check_grants,
    check_exceptions,
    check_shadows,
    check_budgets,
    check_claims,
)
