"""Tells of anchors that lack what was signed for too long: an incident, closed once they have caught up."""

import logging
from collections.abc import Mapping

from audit.log import AuditLog, new_id

log = logging.getLogger(__name__)
ALARM_S = 3600


class LateAnchors:
    """The open incidents, by the names of anchors. Used under its owner's lock."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._incidents: dict[str, str] = {}

    def hear(self, ages: Mapping[str, int]) -> None:
        """Take note of how many seconds each anchor lags; raises AuditUnavailable, and is to be told again then."""
        for name, age in ages.items():
            if age > ALARM_S and name not in self._incidents:
                log.error("checkpoints have not reached the anchor %s for %d s", name, age)
                incident = new_id()
                self._audit.append_sync("incident.opened", {"incident": incident, "what": "anchor_behind"})
                self._incidents[name] = incident
            elif age <= ALARM_S and name in self._incidents:
                self._audit.append_sync("incident.closed", {"incident": self._incidents[name], "how": "caught_up"})
                del self._incidents[name]
