import pytest

from proxy.detection.recognizers.phones.context import Context, context

NUMBER = "612084493"


def said(text: str) -> Context:
    start = text.index(NUMBER)
    return context(text, start, start + len(NUMBER))


@pytest.mark.parametrize(
    "text",
    [
        "phone 612084493",
        "my number is 612084493",
        "Tel.: 612084493",
        "cell. 612084493",
        '{"phoneNumber": "612084493"}',
        "mobile_no=612084493",
        "612084493 (mobile)",
        "612084493 is her new number",
        "\nM: 612084493",
        "id,mobile\n1,612084493",
        "order,phone,total\n17,612084493,4",
    ],
)
def test_a_word_a_key_or_a_column_says_that_it_is_dialled(text: str) -> None:
    assert said(text) is Context.SURE


@pytest.mark.parametrize(
    "text",
    ["call me on 612084493", "puede llamarme al 612084493", "llame al 612084493", "you can reach us at 612084493"],
)
def test_a_verb_makes_it_likely(text: str) -> None:
    assert said(text) is Context.LIKELY


@pytest.mark.parametrize(
    "text",
    [
        "order 612084493",
        "phone order 612084493",
        "call_id: 612084493",
        "part no. 612084493",
        "phone,order\n1,612084493",
        "F(612084493)",
        "contact Jo Tamm, isikukood 612084493",
        "mob. +47 911 40 882 of Jo, fnr 612084493",
        "numéro de sécurité sociale 1 86 612084493",
        "Angebot 612084493, Tel. 0711 4412087",
        "order id:\n612084493",
    ],
)
def test_the_nearest_word_may_say_otherwise(text: str) -> None:
    assert said(text) is Context.OTHER


@pytest.mark.parametrize(
    "text",
    [
        "612084493",
        "Her phone broke. Then 612084493",
        "so 612084493 it is",
        "a/c 612084493",
        "he said 612084493",
        "South Africa 70651\n612084493",
        "filename: rows.csv\ndata: 612084493",
    ],
)
def test_elsewhere_nothing_is_said(text: str) -> None:
    assert said(text) is Context.NOTHING
