"""Who runs each zone and where data of each class may go at most, as the record of an activation says it.

So that whoever has the log alone can judge of every decision whether a class of data went where it never may.
"""

from typing import Any

from proxy.policy.model import Bundle

MAX_ZONES, MAX_CLASSES = 32, 64
"""What a record can list."""


def reach(bundle: Bundle) -> dict[str, Any] | None:
    """Return the record's `reach`; None for a taxonomy of more zones or classes than a record can list."""
    if len(bundle.zones) > MAX_ZONES or len(bundle.classes) > MAX_CLASSES:
        return None
    return {
        "zones": [
            {"zone": zone.name, "trust": zone.trust.value, **({"region": zone.region} if zone.region else {})}
            for zone in bundle.zones
        ],
        "classes": [{"c": item.name, "zones": list(item.ceiling)} for item in bundle.classes],
    }
