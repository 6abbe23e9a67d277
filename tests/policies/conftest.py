"""The shipped policies, and what stands around them."""

import datetime as dt
from pathlib import Path

import pytest
from parsed import parse_once  # noqa: F401 - a fixture for every test here

from proxy.policy.lint import Surroundings

SHIPPED = Path(__file__).resolve().parents[2] / "policies"
DETECTED = """
PERSON EMAIL_ADDRESS PHONE_NUMBER STREET_ADDRESS DATE_OF_BIRTH US_SSN US_ITIN PASSPORT
DRIVER_LICENSE MEDICAL_LICENSE UK_NHS UK_NINO NATIONAL_ID IBAN_CODE BANK_ACCOUNT CREDIT_CARD CARD_SECURITY_CODE
MEDICAL_RECORD_NUMBER HEALTH_PLAN_ID MEDICAL_CONDITION MEDICATION IP_ADDRESS MAC_ADDRESS DEVICE_ID VEHICLE_ID
CRYPTO_WALLET LOCATION NRP ORGANIZATION PRIVATE_KEY CLOUD_CREDENTIAL API_KEY PASSWORD CONNECTION_STRING JWT
GENERIC_SECRET UNSCANNED UNCOVERED
"""


@pytest.fixture(scope="session")
def shipped() -> dict[str, bytes]:
    """Return the shipped files by name."""
    return {path.name: path.read_bytes() for path in sorted(SHIPPED.glob("*.yaml"))}


@pytest.fixture(scope="session")
def around() -> Surroundings:
    """Return a day, all the types that detectors emit, and no upstreams to hold zones against."""
    return Surroundings(dt.date(2026, 6, 1), frozenset(DETECTED.split()), {"PERSON": 0.4})
