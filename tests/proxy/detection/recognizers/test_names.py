import pytest
from promised import matches

from proxy.detection.recognizers.names import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    return {(match.entity_type, match.value) for match in matches(RECOGNIZER, text)}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("my name is john smith and", "PERSON", "john smith"),
        ("Dr. Anna Weber will", "PERSON", "anna weber"),
        ("first_name: anna", "PERSON", "anna"),
        ('"patient_name": "jane dole"', "PERSON", "jane dole"),
        ("Dear Maria,", "PERSON", "maria"),
        ("Best wishes,\nTom Baker\n", "PERSON", "tom baker"),
        ("tell my brother arash to pay", "PERSON", "arash"),
        ("à sa fille Enora, qui accepte", "PERSON", "enora"),
        ("minha filha, Jacimara", "PERSON", "jacimara"),
        ("mit panem Kubiakiem", "PERSON", "kubiakiem"),
        ("next is a miss ogunleye, then", "PERSON", "ogunleye"),
        ("frau thongchai hat", "PERSON", "thongchai"),
        ("<Nome>Ginevra</Nome>", "PERSON", "ginevra"),
        ('{"name": "Sietske Hoekstra", "dob": "x"}', "PERSON", "sietske hoekstra"),
        ("employee,amount\nFfion Prydderch,2\nDilwar Quenndo,3\n", "PERSON", "dilwar quenndo"),
        ("Nr;Nachname;Vorname\n1;Szczepaniak;Uwe\n", "PERSON", "szczepaniak"),
        ("Saludos,\nMarisol\n", "PERSON", "marisol"),
        ("Tell Will he can stick it", "PERSON", "will"),
        ("please ask Priya about it", "PERSON", "priya"),
        ("ich heiße Jürgen Klein", "PERSON", "jurgen klein"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "my name is not important",
        "name: get_weather",
        "Dear Sir,",
        "Dear customer,",
        "function_name: foo",
        "my manager said that",
        "our customer support team",
        "call your doctor if it hurts",
        "Dr Pepper",
        "Mr Clean",
        '{"name": "Retries and Backoff", "id": 1}',
        '{"name": "Acme Widgets"}',
        "product name,price\nRed Shoes,2\nBlue Hat,3\n",
        "Regards,\nCustomer Support\n",
        "this is great",
        "Tell Google about it",
        "call Python from C",
        "ask Customer Support to help",
        "I'm happy",
        "a friend of mine",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "i am contactable until noon",
        "ich bin leider krank",
        "his cousin's wdding was fun",
        "so that the client won't see it",
        "la signora è nata a Roma",
        "owner: team-platform",
        "caller: Yep hi, my card is gone",
        "Employee: Orlova Marin Teknikk AS",
        "send to: Lund Law Center, first floor",
        "Dr. Oetker mix",
        "to: Estación Santa Rosalia",
        "reporter: ffion.prydderch@drumlin.cymru",
        "the name of mercedes, and others",
        "hallo zusammen, wie",
        "ciao ragazzi, domani",
        "hey copilot, fix this",
        "hi yall, meeting",
        "Viele Grüße\nBuchhaltung\n",
        "a function called hartnagle",
        '{"name": "Okonkwo", "version": 2}',
    ],
)
def test_verbs_teams_firms_places_and_addresses_in_the_place_of_a_name_are_nobody(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("i am priya from sales", "priya"),
        ("for my nieces name, makana, please", "makana"),
        ("people call me zviseslav", "zviseslav"),
        ("caller: Zvislava\nagent: hello", "zvislava"),
        ("caller: Priya hello there", "priya"),
        ("hi zhenqi, your invoice is wrong", "zhenqi"),
        ("the guy in the warehouse called hartnagle", "hartnagle"),
        ('{"name": "Okonkwo", "phone": null}', "okonkwo"),
        ("delega l'Avv. Ottavia Zanchetta a", "ottavia zanchetta"),
        ("dell'ing. Bortolin e", "bortolin"),
        ("frattura della moglie Ottavia Zanchetta", "ottavia zanchetta"),
    ],
)
def test_a_known_name_a_naming_word_or_a_cell_of_its_own_are_enough(text: str, value: str) -> None:
    assert ("PERSON", value) in found(text)


def test_a_relative_in_a_text_on_history_is_no_private_person() -> None:
    text = "The inventor and Nobel laureate founded the museum in 1904; her daughter Ilse Quandt, a composer, followed."
    assert not found(text)
