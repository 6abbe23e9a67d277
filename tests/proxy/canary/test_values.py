import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flown import analyzer
from stdnum import iban, luhn
from stdnum.es import dni
from stdnum.gb import nhs
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.us import ssn

from proxy.canary.values import KINDS, TYPES, Kind
from proxy.detection.findings import Segment, Unit
from proxy.detection.recognizers.cards import BRANDS
from proxy.detection.recognizers.ids.checks import uk_nino
from proxy.detection.recognizers.phones.fiction import is_nobodys
from proxy.detection.recognizers.samples import CARDS, IBANS, NUMBERS

MANY = 200
BY_NAME = {kind.name: kind for kind in KINDS}


def compact(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", text)


def national(value: str) -> bool:
    name, number = value.split()
    return bool({"DNI": dni, "PESEL": pesel, "BSN": bsn}[name].is_valid(number))


def signed(token: str) -> bool:
    header, claims, signature = token.split(".")
    read = [json.loads(urlsafe_b64decode(f"{part}==")) for part in (header, claims)]
    return read[0]["alg"] == "HS256" and "sub" in read[1] and len(urlsafe_b64decode(f"{signature}==")) == 32


RIGHT: dict[str, Callable[[Sequence[str]], object]] = {
    "card": lambda values: luhn.is_valid(compact(values[0])) and BRANDS.fullmatch(compact(values[0])),
    "iban": lambda values: iban.is_valid(values[0], check_country=False),
    "us-ssn": lambda values: ssn.is_valid(values[0]),
    "uk-nhs": lambda values: nhs.is_valid(values[0]),
    "uk-nino": lambda values: uk_nino(compact(values[0])),
    "national-id": lambda values: national(values[0]),
    "passport": lambda values: re.fullmatch("[A-Z0-9][0-9]{8}", values[0]),
    "email": lambda values: re.fullmatch(r"[a-z]+\.[a-z]+[0-9]+@[a-z]+-[a-z]+\.(com|eu|net)", values[0]),
    "phone": lambda values: re.fullmatch(r"\+(1|44|49)[0-9 ()-]{9,}", values[0]),
    "medical-record": lambda values: len(values[0]) == 8,
    "person": lambda values: re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", values[0]),
    "unlisted-name": lambda values: re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", values[0]),
    "patient": lambda values: len(values) == 2,
    "api-key": lambda values: len(values[0]) >= 40,
    "cloud-credential": lambda values: re.fullmatch("[A-Z2-7]{20}", values[0]) and len(values[1]) == 40,
    "private-key": lambda values: load_pem_private_key(values[0].encode(), None),
    "jwt": lambda values: signed(values[0]),
    "password": lambda values: len(values[0]) == 17,
    "connection-string": lambda values: values[1] in values[0],
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_value_is_right_by_the_checks_of_its_kind(kind: Kind) -> None:
    for _ in range(MANY):
        values = kind.make()
        assert RIGHT[kind.name](values), kind.name


def test_no_value_is_one_that_documentation_prints() -> None:
    for _ in range(MANY):
        for kind in KINDS:
            for value in kind.make():
                bare = compact(value.partition(" ")[2] if kind.name == "national-id" else value)
                assert bare not in CARDS | IBANS | NUMBERS, kind.name
        digits = compact(BY_NAME["phone"].make()[0])
        assert not is_nobodys(digits, f"+{digits}")


def test_two_tests_share_no_value() -> None:
    for kind in KINDS:
        one, other = ({kind.make() for _ in range(kind.times * 3)} for _ in range(2))
        assert len(one) == kind.times * 3
        assert not one & other, kind.name


def test_every_value_is_in_the_sentence_that_says_it() -> None:
    for kind in KINDS:
        for frame in kind.frames:
            values = kind.make()
            assert all(value in frame.format(*values) for value in values[: frame.count("{}")])
        planted = kind.plant()
        assert any(value in planted.text for value in planted.values)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.missed], ids=lambda kind: kind.name)
def test_a_hard_kind_is_found_in_every_sentence_without_a_model(kind: Kind) -> None:
    for frame in kind.frames:
        for _ in range(10):
            text = frame.format(*kind.make())
            found = analyzer().analyze([Unit("", "user", (Segment("", "content", text),))]).findings
            assert kind.type in {each.entity_type for each in found}, frame


def test_a_name_that_no_list_has_is_found_by_no_list() -> None:
    stranger, found = BY_NAME["unlisted-name"], 0
    for _ in range(50):
        units = [Unit("", "user", (Segment("", "content", stranger.plant().text),))]
        found += "PERSON" in {each.entity_type for each in analyzer().analyze(units).findings}
    assert found < 10


def test_no_kind_names_a_token_in_its_source() -> None:
    assert len(TYPES) == len(KINDS) - 1
    for kind in KINDS:
        assert not re.search(r"ghp_|AKIA|xoxb|sk_live_|BEGIN", " ".join(kind.frames))
