"""The decision: a pure function of policy, caller, call, findings, day, and the budgets that are used up.

Grants open zones, rules, ceilings and budgets strike them, and nothing gives a struck zone back. So more findings never
free a request, nor do more budgets, and the order of rules and files cannot matter. An entity type that the taxonomy
does not know counts as not inspected.
"""

import datetime as dt
from collections.abc import Collection, Sequence

from proxy.policy.budgets import CompiledBudget, used_up
from proxy.policy.exceptions import expired
from proxy.policy.index import CompiledClass, CompiledRule, Index
from proxy.policy.labels import STEPS, Findings
from proxy.policy.local_first import LocalFirst, own_first, strictest
from proxy.policy.model import Call, Decision, Identity, Outcome, Strike, Waiver, Would
from proxy.policy.policy import Policy

Carried = dict[int, list[int]]
"""Class -> its grid scores, the highest first; never an empty list. By class name."""
Striker = CompiledRule | CompiledClass | CompiledBudget
"""What takes zones away, with the reason."""

NO_GRANT = "no grant covers this caller, endpoint and model"
NO_UPSTREAM = "no upstream is configured for the zones that are granted here"

_NOT_GRANTED = Strike("grant")
_NOT_SERVED = Strike("upstream")


def decide(  # noqa: PLR0917 - everything that a decision depends on
    policy: Policy,
    who: Identity,
    call: Call,
    findings: Findings,
    now: dt.date | dt.datetime,
    exhausted: Collection[str] = frozenset(),
) -> Decision:
    """Decide where this call may go. Pure: the same arguments always give the same decision.

    `exhausted` are the ids of the budgets that are used up; those that are not for this caller make no difference.
    """
    index = policy.index
    budgets = used_up(index.budgets, who, exhausted) if exhausted else ()
    return settle(index, applicable(index, who, call), findings, now, budgets)


def applicable(index: Index, who: Identity, call: Call) -> int:
    """Return the bits of the grants, rules and exceptions that apply to this caller and call."""
    models = index.models.accept(call.model)
    if call.resolved != call.model:
        models |= index.models.accept(call.resolved)
    callers = index.teams.accept(who.team) & index.apps.accept(who.app) & index.keys.accept(who.key)
    return callers & models & index.endpoints.accept(call.endpoint)


def granted(index: Index, who: Identity, call: Call) -> tuple[str, ...]:
    """Return the zones that are granted and have an upstream, in order of preference, whatever strikes them."""
    order = _preference(index, applicable(index, who, call) & index.grant_bits)
    return tuple(index.zones[zone] for zone in order if index.live >> zone & 1)


def settle(
    index: Index,
    selected: int,
    findings: Findings,
    now: dt.date | dt.datetime,
    budgets: Sequence[CompiledBudget] = (),
) -> Decision:
    """Decide for the selectors that apply and the budgets used up; all that `decide` does beyond looking names up."""
    carried = carry(index, findings) if findings else {}
    enforced, shadowed, waived = _match(index, selected, carried, now)
    found = [index.classes[number] for number in carried]
    order = _preference(index, selected & index.grant_bits)
    local = selected & index.local_bits
    if local:
        order = own_first(order, index.vendors)
    granted = 0
    for zone in order:
        granted |= 1 << zone
    struck = 0
    for rule in enforced:
        struck |= rule.strikes
    for item in found:
        struck |= item.strikes
    for budget in budgets:
        struck |= budget.strikes
    available = granted & index.live
    left = available & ~struck
    untouched = left == (1 << len(index.zones)) - 1
    return Decision(
        outcome=_outcome(index, left),
        zones=tuple([index.zones[zone] for zone in order if left >> zone & 1]),
        rules=tuple([(rule.id, rule.effect) for rule in enforced]),
        ceilings=tuple([item.name for item in found if item.strikes & granted]),
        budgets=tuple([budget.id for budget in budgets]) if budgets else (),
        classes=tuple([(index.classes[n].name, len(scores), scores[0]) for n, scores in carried.items()]),
        because=() if untouched else _reasons(granted, available, (*enforced, *found, *budgets)),
        log_full=any([rule.log_full for rule in enforced]),  # noqa: C419  # a list is faster than a generator here
        notify=tuple(sorted({channel for rule in enforced for channel in rule.notify})) if enforced else (),
        exceptions=tuple([Waiver(name, *_landing(index, order, left & ~strikes)) for name, strikes in waived]),
        shadow=tuple([Would(rule.id, *_landing(index, order, left & ~rule.strikes)) for rule in shadowed]),
        stores=_stores(index, order, selected & index.storing, left) if selected & index.storing else (),
        local_first=_local_first(index, local, left) if local else None,
        strikes=index.no_strikes if untouched else _strikes(index, granted, (*enforced, *found, *budgets)),
    )


def carry(index: Index, findings: Findings) -> Carried:
    """Return the classes that findings carry: distinct values at or above the floor, summed over a class's types.

    Where all parts of a derived class are present they add one value, with the score of the weakest part's strongest
    value; the parts' floors decide whether they are present, not the whole's.
    """
    carried: Carried = {}
    for entity_type, scores in findings.items():
        for number, floor in index.types.get(entity_type, index.unknown):
            counted = [score for score in scores if score >= floor] if floor >= 0 else [STEPS] * len(scores)
            if counted:
                carried.setdefault(number, []).extend(counted)
    for number, parts in index.derived:
        if all([part in carried for part in parts]):  # noqa: C419  # see above
            carried.setdefault(number, []).append(min([max(carried[part]) for part in parts]))
    for scores in carried.values():
        scores.sort(reverse=True)
    return {number: carried[number] for number in sorted(carried)}


def _match(
    index: Index, selected: int, carried: Carried, now: dt.date | dt.datetime
) -> tuple[list[CompiledRule], list[CompiledRule], list[tuple[str, int]]]:
    """Return the rules enforced, those in shadow, and the exceptions used with what each of them alone holds off."""
    about = index.unconditional
    for number in carried:
        about |= index.rules_on[number]
    candidates = (selected & about) >> index.rule_shift
    enforced: list[CompiledRule] = []
    shadowed: list[CompiledRule] = []
    waived: list[tuple[str, int]] = []
    while candidates:
        lowest = candidates & -candidates
        candidates ^= lowest
        rule = index.rules[lowest.bit_length() - 1]
        if not meets(rule, carried):
            continue
        if rule.shadow:
            shadowed.append(rule)
        elif live := _live(index, rule.waivers & selected, now):
            waived.extend((name, rule.strikes if len(live) == 1 else 0) for name in live)
        else:
            enforced.append(rule)
    return enforced, shadowed, sorted(waived)


def meets(rule: CompiledRule, carried: Carried) -> bool:
    """Whether what a request carries meets a rule's condition; always, for a rule without one."""
    if not rule.min_count:
        return True
    scores = carried.get(rule.data_class, ())
    return len(scores) >= rule.min_count and scores[rule.min_count - 1] >= rule.min_score


def _live(index: Index, waivers: int, now: dt.date | dt.datetime) -> list[str]:
    if not waivers:
        return []
    bits = waivers >> index.exception_shift
    return [name for n, (name, until) in enumerate(index.exceptions) if bits >> n & 1 and not expired(until, now)]


def _preference(index: Index, grants: int) -> Sequence[int]:
    """Merge the zones of all grants that apply: best place in any of them first, own zones first in a tie."""
    if not grants & (grants - 1):
        return index.grants[grants.bit_length() - 1] if grants else ()
    best: dict[int, int] = {}
    while grants:
        lowest = grants & -grants
        grants ^= lowest
        for place, zone in enumerate(index.grants[lowest.bit_length() - 1]):
            if place < best.get(zone, len(index.zones)):
                best[zone] = place
    return [zone for _, _, zone in sorted([(place, index.vendors >> zone & 1, zone) for zone, place in best.items()])]


def _stores(index: Index, order: Sequence[int], grants: int, left: int) -> tuple[str, ...]:
    """Return the vendors' zones left that a grant lists under which they may keep state."""
    kept = {zone for number, zones in enumerate(index.grants) if grants >> number & 1 for zone in zones}
    return tuple(index.zones[zone] for zone in order if zone in kept and left & index.vendors & 1 << zone)


def _local_first(index: Index, grants: int, left: int) -> LocalFirst | None:
    """Return when an own server's answer stands; None unless an own zone and a vendor's are left."""
    if not left & index.vendors or not left & ~index.vendors:
        return None
    return strictest([thresholds for bit, thresholds in index.local_first.items() if bit & grants])


def _outcome(index: Index, left: int) -> Outcome:
    if left & index.vendors:
        return Outcome.ALLOW
    return Outcome.PIN if left else Outcome.BLOCK


def _landing(index: Index, order: Sequence[int], left: int) -> tuple[Outcome, str | None]:
    return _outcome(index, left), next((index.zones[zone] for zone in order if left >> zone & 1), None)


def _reasons(granted: int, available: int, strikers: Sequence[Striker]) -> tuple[str, ...]:
    if not granted:
        return (NO_GRANT,)
    reasons = [striker.because for striker in strikers if striker.strikes & granted]
    if not available:
        reasons.append(NO_UPSTREAM)
    return tuple(dict.fromkeys(reasons))


def _strikes(index: Index, granted: int, strikers: Sequence[Striker]) -> tuple[tuple[str, tuple[Strike, ...]], ...]:
    # Zones struck by the same so far are one group of bits, so that many zones cost little more than few.
    every = (1 << len(index.zones)) - 1
    alike: list[tuple[int, tuple[Strike, ...]]] = [(granted, ()), (every & ~granted, (_NOT_GRANTED,))]
    if every & ~index.live:
        alike = _split(alike, every & ~index.live, _NOT_SERVED)
    for striker in strikers:
        alike = _split(alike, striker.strikes, striker.strike)
    struck: list[tuple[Strike, ...]] = [()] * len(index.zones)
    for zones, by in alike:
        left = zones
        while left:
            lowest = left & -left
            left ^= lowest
            struck[lowest.bit_length() - 1] = by
    return tuple(zip(index.zones, struck, strict=True))


def _split(
    alike: list[tuple[int, tuple[Strike, ...]]], strikes: int, strike: Strike
) -> list[tuple[int, tuple[Strike, ...]]]:
    split = []
    for zones, by in alike:
        if hit := zones & strikes:
            split.append((hit, (*by, strike)))
        if rest := zones & ~strikes:
            split.append((rest, by))
    return split
