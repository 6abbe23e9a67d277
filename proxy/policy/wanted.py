"""What a company says about itself when it begins: its zones, who may use vendors, which packs, who answers for them.

Names are held to what policy files can hold. What is refused is said in words for whoever gave it, without the value.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from proxy.policy import vocabulary

OWN, OWNER = "onprem", "security@company.example"
"""What the shipped files call the zone of own models, and who answers for most of them."""


class Pack(StrEnum):
    """The shipped files of rules."""

    SOC2 = "soc2"
    SECRETS = "secrets"
    PCI = "pci"
    HIPAA = "hipaa"
    GDPR = "gdpr"


PACKS = tuple(pack.value for pack in Pack)
USUAL = (Pack.SOC2.value, Pack.SECRETS.value)


@dataclass(frozen=True, slots=True)
class VendorZone:
    """A vendor's zone, with its region and the agreements that were signed with the vendor."""

    name: str
    region: str = ""
    agreements: tuple[str, ...] = ()

    @property
    def in_union(self) -> bool:
        """Whether it lies in the European Union: region `eu`, or one such as `eu-west`."""
        return self.region.split("-")[0] == "eu"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a company says about itself; without vendors everything stays home, without teams every team may use them.

    Raises ValueError for what cannot stand in the files, in words for whoever said it.
    """

    own: str = OWN
    vendors: tuple[VendorZone, ...] = ()
    teams: tuple[str, ...] = ()
    packs: tuple[str, ...] = USUAL
    owner: str = OWNER

    def __post_init__(self) -> None:
        zone_name(self.own)
        for team in self.teams:
            team_name(team)
        owner_name(self.owner)
        names = [self.own, *(vendor.name for vendor in self.vendors)]
        if len(set(names)) < len(names):
            raise ValueError("two zones have the same name")
        if len(set(self.teams)) < len(self.teams):
            raise ValueError("a team is named twice")
        if self.teams and not self.vendors:
            raise ValueError("teams are named that may use vendors, and no vendor zone is")
        if not self.packs or not set(self.packs) <= set(PACKS):
            raise ValueError(f"the packs are {', '.join(PACKS)}; at least one is needed")


def zone_name(text: str) -> str:
    """Return the name of a zone; raises ValueError if it cannot be one."""
    return _named(text, vocabulary.WORD, "the name of a zone is at most 32 of a-z, 0-9 and '-'")


def team_name(text: str) -> str:
    """Return the name of a team; raises ValueError if it cannot be one."""
    return _named(text, vocabulary.NAME, "a team is named exactly, by letters, digits and any of . _ : / @ -")


def owner_name(text: str) -> str:
    """Return who answers for the files; raises ValueError if it is no id."""
    return _named(text, vocabulary.PERSON, "the owner is an id such as an e-mail address")


def vendor_zone(text: str) -> VendorZone:
    """Read NAME, NAME:REGION or NAME:REGION:AGREEMENT,...; raises ValueError."""
    name, *more = text.split(":")
    if len(more) > 2:  # noqa: PLR2004 - region and agreements
        raise ValueError("a vendor zone is NAME, NAME:REGION or NAME:REGION:AGREEMENT,...")
    region = more[0] if more else ""
    agreements = tuple(more[1].split(",")) if more[1:] else ()
    for word in (*([region] if region or agreements else []), *agreements):
        _named(word, vocabulary.WORD, "a region and an agreement are each at most 32 of a-z, 0-9 and '-'")
    if len(set(agreements)) < len(agreements):
        raise ValueError("an agreement is named twice")
    return VendorZone(zone_name(name), region, agreements)


def _named(text: str, pattern: re.Pattern[str], wanted: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(wanted)
    return text
