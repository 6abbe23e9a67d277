from pathlib import Path

import pytest
from bench.detection.groups import HARD, SECRETS, SOFT, floors, group, related
from bench.detection.marks import TYPES

from proxy.detection.detectors import emitted


@pytest.mark.parametrize(
    ("entity_type", "expected"),
    [
        ("PERSON", "PERSON"),
        ("US_PASSPORT", "PASSPORT"),
        ("DE_PASSPORT", "PASSPORT"),
        ("US_DRIVER_LICENSE", "DRIVER_LICENSE"),
        ("UK_NHS", "NATIONAL_ID"),
        ("US_ITIN", "NATIONAL_ID"),
        ("IN_PAN", "NATIONAL_ID"),
        ("US_SSN", "US_SSN"),
        ("US_BANK_NUMBER", "BANK_ACCOUNT"),
        ("CRYPTO", "CRYPTO_WALLET"),
        ("MEDICAL_LICENSE", "NATIONAL_ID"),
        ("LOCATION", None),
        ("DATE_TIME", None),
        ("URL", None),
        ("UUID", None),
        ("AU_ABN", None),
        ("ORGANIZATION", None),
    ],
)
def test_types_of_all_systems_have_a_group(entity_type: str, expected: str | None) -> None:
    assert group(entity_type) == expected


def test_every_type_that_the_taxonomy_counts_and_we_emit_is_measured_or_known_not_to_be() -> None:
    unmeasured = {name for name in emitted() if name in floors() and group(name) is None}
    assert unmeasured == {"DEVICE_ID", "LOCATION", "NRP", "ORGANIZATION", "VEHICLE_ID"}


def test_hard_identifiers_are_what_pins_alone() -> None:
    assert SECRETS < HARD
    assert {"PERSON", "CREDIT_CARD", "MEDICAL_RECORD_NUMBER", "PASSPORT"} < HARD
    assert not HARD & SOFT


def test_the_lowest_floor_of_a_type_counts(tmp_path: Path) -> None:
    file = tmp_path / "taxonomy.yaml"
    file.write_text(
        "classes:\n  a: {entities: [X, Y], floor: 0.4}\n  b: {entities: [X], floor: 0.3}\n  c: {or_all_of: []}\n"
    )
    assert floors(file) == {"X": 0.3, "Y": 0.4}
    assert floors()["CREDIT_CARD"] == 0.3


def test_related_groups_are_measured_ones_and_each_is_related_to_itself() -> None:
    assert all(name in related(name) <= TYPES for name in TYPES)
    assert related("PERSON") == {"PERSON"}
    assert "GENERIC_SECRET" in related("JWT")
