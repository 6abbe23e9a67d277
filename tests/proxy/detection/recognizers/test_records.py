import json

import pytest

from proxy.detection.recognizers.records import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(match.value == "".join(filter(str.isalnum, text[match.start : match.end])).upper() for match in matches)
    return {(match.entity_type, match.value) for match in matches}


def test_identifiers_of_a_pid_segment_are_typed_by_their_codes() -> None:
    text = "MSH|^~\\&|LAB\rPID|1||483920^^^HOSP^MR~523451234^^^SSA^SS~X88-1204^^^AOK^MB||DOE^JO||19840312|M"
    assert found(text) == {
        ("MEDICAL_RECORD_NUMBER", "483920"),
        ("US_SSN", "523451234"),
        ("HEALTH_PLAN_ID", "X881204"),
        ("DATE_OF_BIRTH", "19840312"),
    }


def test_a_bare_number_of_a_pid_segment_is_a_record() -> None:
    assert found("PID|1||00483920||DOE^JO") == {("MEDICAL_RECORD_NUMBER", "00483920")}


def test_fields_of_other_segments_are_what_their_place_says() -> None:
    text = (
        "PID|1||||DOE^JO|||||||||||||A-4471|523451234|D4412087^TX\r"
        "NK1|1|DOE^AL|SPO|||||||||||||19860102\r"
        "IN1|1|PPO|0054|AETNA||||||||||||DOE^AL|SPO|19860102||||||||||||||||||W2281104937\r"
    )
    assert found(text) == {
        ("MEDICAL_RECORD_NUMBER", "A4471"),
        ("US_SSN", "523451234"),
        ("DRIVER_LICENSE", "D4412087"),
        ("DATE_OF_BIRTH", "19860102"),
        ("HEALTH_PLAN_ID", "W2281104937"),
    }


def test_insured_people_of_x12_are_typed_by_qualifiers() -> None:
    text = "NM1*IL*1*DOE*JO****MI*W2281104937~DMG*D8*19840312*F~REF*SY*523451234~"
    assert found(text) == {
        ("HEALTH_PLAN_ID", "W2281104937"),
        ("DATE_OF_BIRTH", "19840312"),
        ("US_SSN", "523451234"),
    }


def test_the_patient_of_a_clinical_document_is_read() -> None:
    text = (
        '<patientRole classCode="PAT"><id root="2.16.840.1.113883.19" extension="4471-22"/>'
        '<id extension="523-45-1234" root="2.16.840.1.113883.4.1"/><patient><birthTime value="19840312"/>'
    )
    assert found(text) == {
        ("MEDICAL_RECORD_NUMBER", "447122"),
        ("US_SSN", "523451234"),
        ("DATE_OF_BIRTH", "19840312"),
    }


@pytest.mark.parametrize(
    ("code", "kind"), [("MR", "MEDICAL_RECORD_NUMBER"), ("SS", "US_SSN"), ("PPN", "PASSPORT"), ("NI", "NATIONAL_ID")]
)
def test_identifiers_of_fhir_are_typed_by_their_codes(code: str, kind: str) -> None:
    one = {"type": {"coding": [{"system": "http://hl7.org/v2-0203", "code": code}]}, "value": "483-920-17"}
    assert found(json.dumps({"resourceType": "Patient", "identifier": [one]})) == {(kind, "48392017")}


@pytest.mark.parametrize(
    "text",
    [
        "RAPID|1||483920||x",
        "PID|1||||DOE^JO||about 1984|M",
        "OBR|1||||DOE^JO||19840312|M",
        "IN1|1|PPO|0054|AETNA||||||||||||DOE^JO|SPO|||||||||||||||||||250.00",
        "REF*BB*44120877~",
        "NM1*85*2*CLINIC*****XX*1972944247~",
        "DTP*472*D8*20260412~",
        '<effectiveTime value="20260312"/><id extension="44120877"/>',
        "OBX|1|NM|483920^^^HOSP^MR",
        '{"code": "MR", "value": "abc"}',
        '{"code": "EUR", "value": "483920"}',
    ],
)
def test_other_fields_are_left_alone(text: str) -> None:
    assert found(text) == set()


def test_hostile_text_is_read_in_linear_time() -> None:
    for piece in (
        "PID|",
        "PID|1||1^~",
        "NM1*IL*1*",
        "NM1*IL*1*****",
        "<patientRole><id ",
        "<patientRole>",
        '<id extension="1" ',
        '"code": "MR"',
        '"value": "1',
    ):
        list(RECOGNIZER.find(piece * 20_000))
