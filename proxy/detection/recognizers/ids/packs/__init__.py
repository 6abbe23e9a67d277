"""Schemes by locale: which countries' numbers are looked for. Numbers of organisations are nobody's and left out."""

from proxy.detection.recognizers.ids.packs import (
    africa,
    americas,
    asia,
    europe_east,
    europe_north,
    europe_west,
    oceania,
)
from proxy.detection.recognizers.ids.schemes import Scheme

PACKS: dict[str, tuple[Scheme, ...]] = {
    **europe_west.PACKS,
    **europe_north.PACKS,
    **europe_east.PACKS,
    **americas.PACKS,
    **asia.PACKS,
    **africa.PACKS,
    **oceania.PACKS,
}
"""For each country (ISO 3166-1, lower case) its schemes."""
