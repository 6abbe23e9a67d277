"""How one decision about a request differs from another: what is looser, and what is tighter.

A request is decided *looser* by a new bundle than by an old one when, for some set of zones that have upstreams, either

1. it can reach a zone that it could not reach (so `block` becomes `pin` or `allow`, `pin` becomes `allow`, or another
   vendor is added), whatever else it loses; or
2. an own zone would have answered it, and a vendor's zone does: the own zone came first in the order of preference,
   and now comes after the vendor's or is struck; or
3. a vendor's zone that it can reach may keep state, and might not; or
4. an own zone's answer would have stood, and now may have to give way to a vendor's: an own zone came before the
   vendor's, and the thresholds of `local_first` are new or higher. (As if every endpoint's answers were measured.)

It is *tighter* when it is not looser, and it lost a zone or one of 2 to 4 holds the other way round; *moved* when only
the order of zones of one kind changed. Over all sets of served zones, rule 2 is the same as: some own zone `h` that was
left stood before some vendor's zone `v` that is left now, and now `h` is gone or stands after `v`; so all zones count
as served here, and no other set has to be tried. A zone that both bundles know but the new one describes more weakly
(other trust or region, an agreement less, a wider network) is a looser change of its own, found by `changes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from proxy.policy.model import Decision, Landing, Trust


class Verdict(StrEnum):
    """How the new bundle decides a request, beside the old one."""

    LOOSER = "looser"
    TIGHTER = "tighter"
    MOVED = "moved"


ORDER = (Verdict.LOOSER, Verdict.TIGHTER, Verdict.MOVED)


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """One way in which decisions differ."""

    verdict: Verdict
    before: Landing
    after: Landing

    def __str__(self) -> str:
        before, after = self.before, self.after
        marks = (
            ("+", after.zones[1:], before.zones),
            ("-", before.zones[1:], after.zones),
            ("+state at ", after.stores, before.stores),
            ("-state at ", before.stores, after.stores),
            ("+local first at ", (after.local_first,), (before.local_first, "")),
            ("-local first at ", (before.local_first,), (after.local_first, "")),
        )
        more = " ".join(f"{mark}{zone}" for mark, some, others in marks for zone in sorted({*some} - {*others}))
        return f"{before} => {after}{f' ({more})' if more else ''}"


def judge(
    old: Decision, new: Decision, old_trust: Mapping[str, Trust], new_trust: Mapping[str, Trust]
) -> Verdict | None:
    """Compare two decisions about one request; None when the same zones are left in the same order, to do the same."""
    if (
        _more(old, new)
        or _strays(old.zones, new.zones, old_trust, new_trust)
        or _yields(old, new, old_trust, new_trust)
    ):
        return Verdict.LOOSER
    if (
        _more(new, old)
        or _strays(new.zones, old.zones, new_trust, old_trust)
        or _yields(new, old, new_trust, old_trust)
    ):
        return Verdict.TIGHTER
    return None if old.zones == new.zones else Verdict.MOVED


def _more(before: Decision, after: Decision) -> bool:
    """Whether a zone is left, or may keep state, that was not or might not."""
    return bool(set(after.zones) - set(before.zones) or set(after.stores) - set(before.stores))


def _strays(
    before: tuple[str, ...], after: tuple[str, ...], trust: Mapping[str, Trust], now_trust: Mapping[str, Trust]
) -> bool:
    """Whether an own zone that came before a vendor's now comes after it, or is gone."""
    for place, home in enumerate(before):
        if trust[home] is Trust.OWN:
            passed = set(before[:place])
            ahead = after[: after.index(home)] if home in after else after
            if any(now_trust[zone] is Trust.VENDOR and zone not in passed for zone in ahead):
                return True
    return False


def _yields(before: Decision, after: Decision, trust: Mapping[str, Trust], now_trust: Mapping[str, Trust]) -> bool:
    """Whether an own zone's answer that stood may now have to give way to that of a vendor's zone behind it."""
    if after.local_first is None or not after.local_first.exceeds(before.local_first):
        return False
    own = [place for place, zone in enumerate(before.zones) if trust[zone] is Trust.OWN]
    return bool(own) and any(
        now_trust.get(zone) is Trust.VENDOR and zone in after.zones for zone in before.zones[own[0] :]
    )
