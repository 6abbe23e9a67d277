import pytest

from proxy.detection.recognizers.credentials.odd import Oddness, oddness


@pytest.mark.parametrize("token", ["Heron#41", "wal!rus77x", "T1n&Kettle"])
def test_letters_digits_and_a_sign_that_no_name_has_are_strange(token: str) -> None:
    assert oddness(token) is Oddness.STRANGE


@pytest.mark.parametrize(
    "token", ["walrus2031", "Sn0wplough", "Pickle&Jam", "Regen-2291-Ulm", "q9RtzK", "Moss.Lorry.6", "Cardiff5ever!!"]
)
def test_words_with_numbers_or_around_such_a_sign_are_mixed(token: str) -> None:
    assert oddness(token) is Oddness.MIXED


@pytest.mark.parametrize("token", ["MarchLeeds", "walrus-fjord", "three-Herons-dive"])
def test_words_run_together_are_joined(token: str) -> None:
    assert oddness(token) is Oddness.JOINED


@pytest.mark.parametrize(
    "token",
    [
        *("walrus", "Monday", "2031", "12:30", "1.2.3", "2031-04-01", "PROJ-1234", "ABC123", "Q3-2031", "RFC8259"),
        *("ada@mail.net", "www.mail.net:8080", "src/app2.py", "actions/checkout@v4", "setup-node@4", "20mb", "3rd"),
        *("Grazie!!", "sha256", "<password>", "xxxx-xxxx-9921", "$VAULT2", "bob,true,2031-05-12"),
        *("call_b2x1", "550e8400-e29b-41d4-a716-446655440000", "c8e42e323799a246e0192d2d", "cmVwb3J0cw=="),
    ],
)
def test_words_numbers_references_addresses_and_placeholders_are_ordinary(token: str) -> None:
    assert oddness(token) is Oddness.ORDINARY
