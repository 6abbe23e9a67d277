"""How form, check digit, labels and neighbours decide together. Schemes one by one are asked beside their packs."""

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties.effort import ASKED

from proxy.detection.recognizers.ids.find import Finder
from proxy.detection.recognizers.ids.packs import PACKS

FINDER = Finder([scheme for pack in PACKS.values() for scheme in pack])
LONG = 80_000 if ASKED else 40_000
PESELS = ("90122888736", "65070607654")


def found(text: str) -> set[tuple[str, str]]:
    return {(match.entity_type, match.value) for match in FINDER.find(text)}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("ssn: -523451234", "US_SSN", "523451234"),
        ('{"ssn": 523451234.0}', "US_SSN", "523451234"),
        ("my social is 523 45 1234 ok?", "US_SSN", "523451234"),
        ("ssn=523451234 ref=483920183", "US_SSN", "523451234"),
        ("name,ssn,order_id\nJo,523451234,483920183", "US_SSN", "523451234"),
        ("insert into p (name, ssn) values ('Jo', '523451234')", "US_SSN", "523451234"),
        ('{"nationalId": {"value": "90122888736"}}', "NATIONAL_ID", "90122888736"),
        ("Steuer-ID 26 954 371 827", "NATIONAL_ID", "26954371827"),
        ("Steuer-ID: 269 543 71827", "NATIONAL_ID", "26954371827"),
        ("nhs_number: -8055173974", "UK_NHS", "8055173974"),
        ("nino jc 21 40 73 a", "UK_NINO", "JC214073A"),
        ("sort code 20-45-77 acct 43219876", "BANK_ACCOUNT", "43219876"),
        ("social security number: 523451234", "US_SSN", "523451234"),
    ],
)
def test_a_number_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "523451234",
        "order 523451234",
        "x-523-45-1234",
        "ssn 523451234.5",
        "523-45-12345",
        "$90122888736 for PESEL research",
        "name,ssn,order_id\nJo,,523451234",
        '{"ssn": null, "order": 523451234}',
        "12 523 45 1234 678",
        "1716239022000",
        "2024-05-12 10:30:59.123456",
        "550e8400-e29b-41d4-a716-446655440000",
        "SSN 000-12-3456, 666-12-3456 and 219-00-9999",
    ],
)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    "text", ["SSN 078-05-1120", "SSN 123-45-6789", "NHS 943 476 5919", "DNI 12345678Z", "BSN 111222333"]
)
def test_documented_samples_are_nobodys(text: str) -> None:
    assert found(text) == set()


def test_the_nearest_label_decides() -> None:
    assert found("PESEL 90122888736, order 65070607654") == {("NATIONAL_ID", "90122888736")}


def test_its_own_name_wins_over_a_general_one() -> None:
    assert found("tax id (NINO) JC214073A") == {("UK_NINO", "JC214073A")}


def test_a_list_needs_its_label_once() -> None:
    assert {value for _, value in found('"pesel": ["90122888736", "65070607654"]')} == set(PESELS)


def test_a_list_behind_a_label_goes_on_in_one_form() -> None:
    assert found("passports LZ4412087, LZ4412088 and LZ4412089") == {("PASSPORT", f"LZ441208{last}") for last in "789"}
    assert found("passport LZ4412087, order 44120899 and LZ441") == {("PASSPORT", "LZ4412087")}


def test_several_numbers_that_are_all_right_need_no_label() -> None:
    assert {value for _, value in found("7001,B,90122888736,K\n7002,Z,65070607654,M")} == set(PESELS)
    assert found("7001,B,90122888736,K\n7002,Z,65070607655,M") == set()
    assert found("7001,B,90122888736,K\n7002,Z,90122888736,M") == set()


def test_several_orders_stay_orders() -> None:
    assert found("order 90122888736\norder 65070607654") == set()


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("passport number 483920183", "PASSPORT", "483920183"),
        ("Passport no.: X1234567 issued", "PASSPORT", "X1234567"),
        ("paszport AB 1234567", "PASSPORT", "AB1234567"),
        ("C47L8M190 is my passport", "PASSPORT", "C47L8M190"),
        ("driver's license D1234567", "DRIVER_LICENSE", "D1234567"),
        ("TX DL 41882047", "DRIVER_LICENSE", "41882047"),
        ("my florida license is N425-118-84-607-0", "DRIVER_LICENSE", "N425118846070"),
        ("account number 12345678", "BANK_ACCOUNT", "12345678"),
        ("Kontonummer: 1234 5678 90", "BANK_ACCOUNT", "1234567890"),
        ("MRN 00483922", "MEDICAL_RECORD_NUMBER", "00483922"),
        ("MRN-00483922", "MEDICAL_RECORD_NUMBER", "00483922"),
        ("patient id: P-48392", "MEDICAL_RECORD_NUMBER", "P48392"),
        ("| Patient | MRN |\n|---|---|\n| Jo | 483922 |", "MEDICAL_RECORD_NUMBER", "483922"),
        ("member ID XYZ123456789", "HEALTH_PLAN_ID", "XYZ123456789"),
        ("Aetna policy no TRV-551-88204", "HEALTH_PLAN_ID", "TRV55188204"),
        ("cvv: 123", "CARD_SECURITY_CODE", "123"),
        ("security code is 4321", "CARD_SECURITY_CODE", "4321"),
        ("Agent: and the three digits on the back\nCaller: 418", "CARD_SECURITY_CODE", "418"),
        ("IMEI 356938035643809", "DEVICE_ID", "356938035643809"),
        ("idfa: 6D92078A-8246-4BC4-8E5B-76104861E7DC", "DEVICE_ID", "6D92078A82464BC48E5B76104861E7DC"),
        ("VIN: 1HGCM82633A004352", "VEHICLE_ID", "1HGCM82633A004352"),
        ("licence plate AB12 CDE", "VEHICLE_ID", "AB12CDE"),
        ("身份证号码:护照号 E12345678", "PASSPORT", "E12345678"),
        ("national id: 483920-183", "NATIONAL_ID", "483920183"),
        ("Passport No. of the holder: X4412087", "PASSPORT", "X4412087"),
        ("pasaporte español no PAA143256", "PASSPORT", "PAA143256"),
        ("passeport n° 14AB12345", "PASSPORT", "14AB12345"),
        ("паспорт 45 08 143256", "PASSPORT", "4508143256"),
        ('{"docType": "passport", "docNumber": "X4412087"}', "PASSPORT", "X4412087"),
        ("permiso de conducir B, no 15982207-K", "DRIVER_LICENSE", "15982207K"),
        ("Führerschein Kl. B, Nr. B072RRE2I55", "DRIVER_LICENSE", "B072RRE2I55"),
        ("patente di guida cat. B numero U1A234567B", "DRIVER_LICENSE", "U1A234567B"),
        ("driver,plate,licence_no\nJo,FR-48-KL,13AA00294\nAl,ZG 447,11882046", "DRIVER_LICENSE", "13AA00294"),
        ("řidičský průkaz č. EL 143256", "DRIVER_LICENSE", "EL143256"),
        ('{"member_id": "912-88-4471-03"}', "HEALTH_PLAN_ID", "91288447103"),
        ("BCBS member XEH4412087731, group 8841", "HEALTH_PLAN_ID", "XEH4412087731"),
        ("numéro d'adhérent MGEN : 44120877", "HEALTH_PLAN_ID", "44120877"),
        ("Krankenkasse: TK, Nr. 44120877", "HEALTH_PLAN_ID", "44120877"),
        ("<CdtrAcct><Id><Othr><Id>363-4412087-19</Id></Othr></Id></CdtrAcct>", "BANK_ACCOUNT", "363441208719"),
        ("<ACCTID>441208773</ACCTID>", "BANK_ACCOUNT", "441208773"),
        ("routing 021000021, account 4412087731", "BANK_ACCOUNT", "4412087731"),
        ("name,sort code,account,pay\nJo,09-01-28,5514902,1877.50", "BANK_ACCOUNT", "5514902"),
        ("SC: 20 44 12, AC: 44120877", "BANK_ACCOUNT", "44120877"),
        ("clearing 8327-9 konto 944 120 877-1", "BANK_ACCOUNT", "9441208771"),
        ("reg.nr. 4412 kontonr. 4412087731", "BANK_ACCOUNT", "4412087731"),
        ("расчетный счет 40817810099910004312", "BANK_ACCOUNT", "40817810099910004312"),
        ("documento: C.I. n. CA48219XK", "NATIONAL_ID", "CA48219XK"),
        ("| Passport | LZ4412087 |", "PASSPORT", "LZ4412087"),
        ("green card A044-120-877", "NATIONAL_ID", "A044120877"),
    ],
)
def test_a_label_directly_beside_a_number_says_what_it_is(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "my passport expired in May",
        "a driver's license is needed",
        "account manager 12",
        "number 12345678",
        "the patient is well",
        "member since 2019",
        "policy number 88204551 for the car",
        "code 123",
        "license: Apache-2.0",
        "Checking 123456 records",
        "AWS account number 123456789012",
        "4111 1111 1111 1111 exp 12/34 cvc 123",
        '{"patient": "x", "order_id": "48392017"}',
        "The passport office has 48392017 visitors a year",
        "Checking account manager 48392017",
        "account 48392017 was suspended by the moderators",
        "business license 48392017 of the van rental",
        "parking permit no. 48392017 for the car",
        "fishing licence A1234567",
        "causa R.G. n. 4471/2026",
        "document number AB123456, revision 2",
        "member_id,team\n44120877,red\n44120878,blue",
        "passport 0.6.0 and passport-jwt 4.0.1",
    ],
)
def test_without_a_label_directly_beside_it_it_means_nothing(text: str) -> None:
    assert found(text) == set()


@given(st.integers(10**6, 10**15))
def test_plain_digits_alone_are_hardly_ever_a_finding(number: int) -> None:
    seed = random.Random(number)
    rows = [{"id": seed.randrange(10**11, 10**12), "n": seed.random()} for _ in range(5)]
    hits = list(FINDER.find(json.dumps(rows)))
    assert len(hits) <= 1


def test_chance_makes_few_findings_of_random_digits() -> None:
    seed = random.Random(7)
    numbers = [str(seed.randrange(10 ** (size - 1), 10**size)) for size in range(7, 20) for _ in range(600)]
    hits = sum(bool(found(f"It is {number} here.")) for number in numbers)
    assert hits / len(numbers) < 0.002


HOSTILE = (
    "cvv 123 ",
    "tax id 123456789 ",
    "1 ",
    "99-99-99 ",
    "AB 12 ",
    "ssn 123-45-6788 ",
    "a,b\n1,2\n",
    "insert into a (b) values (1,",
    "(1)",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_repetition_is_read_in_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        text = (piece * size)[:size]
        started = time.process_time()
        for _ in FINDER.find(text):
            pass
        return time.process_time() - started

    seconds(2_000)
    assert seconds(LONG) < 8 * seconds(LONG // 4) + LONG / 160_000
