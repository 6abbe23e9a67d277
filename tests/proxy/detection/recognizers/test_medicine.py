import time

import pytest
from promised import matches

from proxy.detection.recognizers.medicine import GENERAL, RECOGNIZER, RECORDED, TOLD


def found(text: str) -> dict[tuple[str, str], float]:
    return {(match.entity_type, match.value): match.score for match in matches(RECOGNIZER, text)}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("diagnosed with type 2 diabetes", "MEDICAL_CONDITION", "type 2 diabetes"),
        ("she takes Metformin daily", "MEDICATION", "metformin"),
        ("my rosuvastatin 10 mg", "MEDICATION", "rosuvastatin"),
        ("his new drug is imaginumab? no, imagitinib", "MEDICATION", "imagitinib"),
        ("patient: ICD-10 code E11.9", "MEDICAL_CONDITION", "E11.9"),
        ("dx J45.909", "MEDICAL_CONDITION", "J45.909"),
        ("patient has AIDS", "MEDICAL_CONDITION", "aids"),
        ("i also have hashimoto's if that matters", "MEDICAL_CONDITION", "hashimoto s"),
        ("Tyrone has hypertension", "MEDICAL_CONDITION", "hypertension"),
        ("she carries one, bee sting allergy", "MEDICAL_CONDITION", "bee sting allergy"),
        ("he is allergic to penicillin", "MEDICAL_CONDITION", "allergic to penicillin"),
        ("She takes Zenoprax 20 mg daily", "MEDICATION", "zenoprax"),
        ("der Arzt sagt Bandscheibenvorfall und ich soll nicht sitzen", "MEDICAL_CONDITION", "bandscheibenvorfall"),
        ("pour une fibrillation auriculaire, elle", "MEDICAL_CONDITION", "fibrillation auriculaire"),
        ("tengo hipertensión arterial", "MEDICAL_CONDITION", "hipertension arterial"),
        ("mia madre ha la sclerosi multipla", "MEDICAL_CONDITION", "sclerosi multipla"),
        ("ela tem alergia a látex", "MEDICAL_CONDITION", "alergia a látex"),
        ("mijn moeder heeft borstkanker", "MEDICAL_CONDITION", "borstkanker"),
        ("mam cukrzycę od lat", "MEDICAL_CONDITION", "cukrzyce"),
        ("jag har förmaksflimmer", "MEDICAL_CONDITION", "formaksflimmer"),
        ("my wife had knee surgery in May", "MEDICAL_CONDITION", "knee surgery"),
        ("mi hijo tiene una rotura de menisco", "MEDICAL_CONDITION", "rotura de menisco"),
        ("meine Mutter hat ein Nebennierenkarzinom", "MEDICAL_CONDITION", "nebennierenkarzinom"),
        ("Sjoerd is ziek, hernia", "MEDICAL_CONDITION", "hernia"),
        ("hun har kræft", "MEDICAL_CONDITION", "kraft"),
        ("ich nehme Duloxetin", "MEDICATION", "duloxetin"),
        ("terapia con enoxaparina, signor Rossi", "MEDICATION", "enoxaparina"),
        ("Hr. Sikora hat Ramipril verweigert", "MEDICATION", "ramipril"),
    ],
)
def test_what_is_told_of_somebody_is_found(text: str, kind: str, value: str) -> None:
    assert found(text).get((kind, value)) == TOLD


@pytest.mark.parametrize(
    "text",
    [
        "it aids understanding",
        "the Great Depression of 1929",
        "room E11.9 on the left",
        "als ich kam",
        "build 1.10 of the stroke-width filter",
        "The cancer screening budget grew",
        "Contains 500 mg of salt",
        "The knee surgery ward is on the left",
        "his main operation is in Leeds",
        "my Stretch film and Kraft tape",
        "her empathy, his prognosis",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == {}


def test_a_disease_that_is_nobodys_stays_below_what_policies_count() -> None:
    assert found("Summarise first-line therapy for hypertension") == {("MEDICAL_CONDITION", "hypertension"): GENERAL}
    assert found("Typical start doses for ramipril and amlodipine in mg") == {
        ("MEDICATION", "ramipril"): GENERAL,
        ("MEDICATION", "amlodipine"): GENERAL,
    }


@pytest.mark.parametrize(
    "text",
    [
        "She donates to the Macmillan Cancer Support",
        "Rosalind Franklin died of ovarian cancer four years before the prize",
        "a coding question, no patient involved: bronchitis",
    ],
)
def test_causes_people_of_history_and_questions_are_nobodys(text: str) -> None:
    assert set(found(text).values()) <= {GENERAL}


def test_a_list_far_from_the_patient_it_belongs_to_still_counts() -> None:
    text = f"Patient: see above\n{'-' * 200}\n- hypertension\n"
    assert found(text) == {("MEDICAL_CONDITION", "hypertension"): RECORDED}


def test_the_longest_phrase_is_taken_once() -> None:
    assert found("my chronic kidney disease") == {("MEDICAL_CONDITION", "chronic kidney disease"): TOLD}


def test_hostile_text_is_read_in_linear_time() -> None:
    for piece in ("a", "type 2 ", "heart ", "allergy ", "mg ", "E11 ", "xpril "):
        started = time.process_time()
        list(RECOGNIZER.find((piece * 50_000)[:100_000]))
        assert time.process_time() - started < 6
