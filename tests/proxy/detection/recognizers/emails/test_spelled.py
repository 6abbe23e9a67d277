import pytest

from proxy.detection.recognizers.emails.spelled import spelled


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ask jane at acme dot com today", "jane@acme.com"),
        ("jane dot doe at acme dot co dot uk", "jane.doe@acme.co.uk"),
        ("jane [at] acme.com. Then", "jane@acme.com"),
        ("jane @ acme.com", "jane@acme.com"),
        ("e-mail: sales at acme dot com", "sales@acme.com"),
        ("marta arroba correo punto es", "marta@correo.es"),
    ],
)
def test_words_and_brackets_stand_for_signs(text: str, value: str) -> None:
    assert [found[2] for found in spelled(text)] == [value]


def test_the_span_ends_with_the_domain() -> None:
    text = "jane [at] acme.com. Then"
    ((start, end, _),) = spelled(text)
    assert text[start:end] == "jane [at] acme.com"


@pytest.mark.parametrize(
    "text",
    [
        "look at github dot com",
        "I work at acme.com",
        "jane at acme dot nowhere",
        "14 @ 42.50",
        "meet @ acme.com",
        "x = 1\n\n@pytest.mark.slow",
        "jane at example dot com",
        "a[at] b",
    ],
)
def test_ordinary_words_are_no_mailbox(text: str) -> None:
    assert list(spelled(text)) == []
