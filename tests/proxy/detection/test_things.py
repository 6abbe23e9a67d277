import pytest

from proxy.detection.things import mailed, thing, titled


def spanned(text: str, name: str) -> tuple[str, int, int]:
    start = text.index(name)
    return text, start, start + len(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("we live at 12 Imogen Court, come by", "Imogen"),
        ("it's at 7 Mildred Ann Rd, Leeds", "Mildred"),
        ("the office in Marlene Dietrich Street", "Marlene Dietrich"),
        ("resident Georgiou Papandreou 21, 546 22 Thessaloniki", "Georgiou Papandreou"),
        ("we are in Beverly, MA 01915", "Beverly"),
        ("meet at the Jocelyn building", "Jocelyn"),
        ("a bed in Florence Ward tonight", "Florence"),
    ],
)
def test_a_street_a_town_or_a_building_with_the_name_of_a_person_is_a_thing(text: str, name: str) -> None:
    assert thing(*spanned(text, name))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("offer from Bergstrand Hydraulikk AS today", "Bergstrand"),
        ("the invoice of Adele Voss GmbH", "Adele Voss"),
        ("Dorothea Robotics will deliver", "Dorothea"),
        ("Morrow & Sons called", "Morrow"),
        ('between Hanneke Foods B.V. ("Hanneke") and us', "Hanneke"),
    ],
)
def test_a_firm_with_the_name_of_a_person_is_a_thing(text: str, name: str) -> None:
    assert thing(*spanned(text, name))


def test_a_defined_term_is_a_thing() -> None:
    text = 'a company ("Ottmar"), and others'
    assert thing(*spanned(text, "Ottmar"))


def test_a_named_sort_or_model_is_a_thing() -> None:
    assert thing(*spanned("plant Clematis 'Henryi' and Rosa 'Ingrid' there", "Ingrid"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ask Imogen about 12 chairs", "Imogen"),
        ("Imogen Court said so", "Imogen Court"),
        ("User 'Ingrid' not found", "Ingrid"),
        ("Robert 'Bob' Marsh rang", "Bob"),
        ("Georgiou Papandreou, 21, rang", "Georgiou Papandreou"),
        ("meet Jocelyn at the building", "Jocelyn"),
        ("Jocelyn as well", "Jocelyn"),
        ('she said ("Ottmar is ill") and left', "Ottmar"),
    ],
)
def test_somebody_beside_such_words_is_no_thing(text: str, name: str) -> None:
    assert not thing(*spanned(text, name))


@pytest.mark.parametrize(
    "text", ["to=ingrid.moe@fjord.no", "<ingrid@fjord.no>", "a@b.no and x_ingrid+1@fjord.co.uk", "me@ingrid.no"]
)
def test_a_name_in_an_e_mail_address_is_a_part_of_it(text: str) -> None:
    assert mailed(*spanned(text, "ingrid"))


@pytest.mark.parametrize("text", ["ingrid a@b.no", "ingrid|i.moe@fjord.no", "ingrid, i@b.no", "ingrid @ home"])
def test_a_name_beside_an_e_mail_address_is_none_of_it(text: str) -> None:
    assert not mailed(*spanned(text, "ingrid"))


@pytest.mark.parametrize("text", ["at the Jocelyn, they", "I bought a Jocelyn chair", "The Jocelyn is closed"])
def test_an_article_makes_a_single_name_a_thing(text: str) -> None:
    assert titled(*spanned(text, "Jocelyn"))


@pytest.mark.parametrize("text", ["the Jocelyn family", "ask Jocelyn", "an aunt, Jocelyn", "Martha Jocelyn"])
def test_a_family_or_somebody_without_an_article_is_none(text: str) -> None:
    assert not titled(*spanned(text, "Jocelyn"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a Halloran armchair in green", "Halloran"),
        ("the Okonedo formula gives 4", "Okonedo"),
        ("the reign of Petronella II, who", "Petronella"),
        ("the palace of Benedetta I.", "Benedetta"),
        ("as in Halloran v Western Docks", "Halloran"),
        ("in Docks v. Halloran the court", "Halloran"),
    ],
)
def test_a_product_a_ruler_or_a_case_is_a_thing(text: str, name: str) -> None:
    assert thing(*spanned(text, name))


@pytest.mark.parametrize(
    "text", ["Halloran's armchair", "Halloran I think", "Halloran vs Okonedo", "Halloran versus us"]
)
def test_somebody_with_an_armchair_or_an_opponent_is_none(text: str) -> None:
    assert not thing(*spanned(text, "Halloran"))
