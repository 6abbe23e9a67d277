"""Tells of anchors that lack what was signed for too long: an incident, closed once they have caught up."""

import logging
from collections.abc import Mapping

from audit.incidents import Incidents

log = logging.getLogger(__name__)
ALARM_S = 3600
WHAT = "anchor_behind"


def hear(incidents: Incidents, ages: Mapping[str, int]) -> None:
    """Take note of how many seconds each anchor lags; raises AuditUnavailable, and is to be told again then."""
    for name, age in ages.items():
        if age > ALARM_S:
            if incidents.open(WHAT, name):
                log.error("checkpoints have not reached the anchor %s for %d s", name, age)
        else:
            incidents.close(WHAT, name, how="caught_up")
    for what, name in incidents.among(WHAT):
        if name not in ages:
            incidents.close(what, name, how="not_used_any_more")
