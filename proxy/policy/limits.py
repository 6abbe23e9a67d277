"""How much one bundle may hold, so that every decision about a request fits into one record of the audit log.

A record's lists have a longest length (`audit.records.kinds`; a test holds the two together). Where what a bundle holds
in all is what one request can meet, one that holds more does not load. Rules and exceptions may be many, for different
callers: a request that more than 64 rules or 32 exceptions match at once is refused when it comes.
"""

from collections.abc import Iterable, Sequence

from proxy.files.diagnostics import Place, Problems
from proxy.policy.modes import Mode
from proxy.policy.parse_context import Parts

MAX_POLICIES = 63
"""Files of policies; the taxonomy stands beside them in the record."""
MAX_ZONES = 32
MAX_CLASSES = 64
MAX_CHANNELS = 15
"""Different channels; how much is logged stands beside them in the record."""
MAX_BUDGETS = 32
MAX_SHADOWS = 32
"""Rules in shadow: what is only tried must never be the reason why a request fails."""


def check_limits(files: Sequence[Parts], problems: Problems) -> None:
    """Report the first of each kind that is one too many, in the order of the files."""
    rules = [rule for parts in files for rule in (*parts.rules, *parts.answers)]
    first: dict[str, Place] = {}
    for rule in rules:
        for channel in rule.notify:
            first.setdefault(channel, rule.where)
    _hold("policies", MAX_POLICIES, (parts.where for parts in files if parts.kind == "policy"), problems)
    _hold("zones", MAX_ZONES, (zone.where for parts in files for zone in parts.zones), problems)
    _hold("classes", MAX_CLASSES, (item.where for parts in files for item in parts.classes), problems)
    _hold("budgets", MAX_BUDGETS, (item.where for parts in files for item in parts.budgets), problems)
    _hold("channels", MAX_CHANNELS, first.values(), problems)
    shadows = (rule.mode_where for rule in rules if rule.mode is Mode.SHADOW)
    _hold("rules in shadow", MAX_SHADOWS, shadows, problems)


def _hold(what: str, most: int, places: Iterable[Place], problems: Problems) -> None:
    listed = list(places)
    if len(listed) > most:
        message = f"{len(listed)} {what}, and a record of the audit log holds {most}"
        problems.error(listed[most], "too-many", message)
