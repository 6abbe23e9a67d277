"""What counts as the same kind of finding: the marks' types, ours and those of stock Presidio, and what they weigh.

A group is a type of the marks. Types without a group are not measured: places, dates, companies, numbers of things.
"""

import re
from pathlib import Path

import yaml
from bench.detection.marks import TYPES

TAXONOMY = Path(__file__).resolve().parents[3] / "policies" / "taxonomy.yaml"
SECRETS = frozenset(
    {"PASSWORD", "API_KEY", "CLOUD_CREDENTIAL", "PRIVATE_KEY", "CONNECTION_STRING", "JWT", "GENERIC_SECRET"}
)
SOFT = frozenset({"IP_ADDRESS", "MAC_ADDRESS", "MEDICAL_CONDITION", "MEDICATION"})
"""Alone these pin nothing as shipped: devices, and medical facts about nobody."""
HARD = TYPES - SOFT
FAMILIES = (
    SECRETS,
    frozenset({"US_SSN", "NATIONAL_ID", "PASSPORT", "DRIVER_LICENSE", "HEALTH_PLAN_ID", "MEDICAL_RECORD_NUMBER"}),
    frozenset({"IBAN_CODE", "BANK_ACCOUNT"}),
    frozenset({"CREDIT_CARD", "CARD_SECURITY_CODE"}),
    frozenset({"MEDICAL_CONDITION", "MEDICATION"}),
)
"""Groups that are told apart by the words around a value, if at all, and that policies treat much alike."""
_NAMED = {
    "EMAIL": "EMAIL_ADDRESS",
    "US_BANK_NUMBER": "BANK_ACCOUNT",
    "ABA_ROUTING_NUMBER": "BANK_ACCOUNT",
    "CRYPTO": "CRYPTO_WALLET",
    "MEDICAL_LICENSE": "NATIONAL_ID",
    "DE_FUEHRERSCHEIN": "DRIVER_LICENSE",
    "UK_DRIVING_LICENCE": "DRIVER_LICENSE",
    "AU_MEDICARE": "HEALTH_PLAN_ID",
    "DE_HEALTH_INSURANCE": "HEALTH_PLAN_ID",
    "US_HEALTH_INSURANCE_MEMBER_ID": "HEALTH_PLAN_ID",
    "US_MBI": "HEALTH_PLAN_ID",
    "ZA_MOBILE_NUMBER": "PHONE_NUMBER",
    "ZA_TELEPHONE_NUMBER": "PHONE_NUMBER",
}
_ENDS = {"_PASSPORT": "PASSPORT", "_DRIVER_LICENSE": "DRIVER_LICENSE"}
_NOBODY = re.compile(r"_(ABN|ACN|PLZ|POSTCODE|POSTAL_CODE|KFZ|PLATE|VEHICLE_REGISTRATION|HANDELSREGISTER|GSTIN|UEN)$")
_COUNTRY = re.compile(r"[A-Z]{2}_[A-Z_]+")


def group(entity_type: str) -> str | None:
    """Return the group of a type of any system; None for what is not measured."""
    if entity_type in TYPES:
        return entity_type
    named = _NAMED.get(entity_type) or next((kind for end, kind in _ENDS.items() if entity_type.endswith(end)), None)
    if named or not _COUNTRY.fullmatch(entity_type) or _NOBODY.search(entity_type):
        return named
    return "NATIONAL_ID"


def related(name: str) -> frozenset[str]:
    """Return the groups that a finding of this one may be marked as and still be right."""
    return next((family for family in FAMILIES if name in family), frozenset({name}))


def floors(taxonomy: Path = TAXONOMY) -> dict[str, float]:
    """Return for each type the lowest score at which a class of the shipped taxonomy counts it."""
    classes = yaml.safe_load(taxonomy.read_text(encoding="utf-8"))["classes"]
    lowest: dict[str, float] = {}
    for body in classes.values():
        for name in body.get("entities", ()):
            lowest[name] = min(body.get("floor", 0.0), lowest.get(name, 1.0))
    return lowest
