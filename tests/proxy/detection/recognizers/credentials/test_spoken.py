from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import spoken


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Q8 Verbal password with the alarm centre? A: It is Robin Terrace, changed each May.", "Robin Terrace"),
        ("Q9 Duress word? A: teapot\nQ10 Reference? A: 5", "teapot"),
        ("online banking, telephone password Sparrow\n", "Sparrow"),
        ("type the code and say the word Sonnenblume when they call.", "Sonnenblume"),
        ("Aufzug-Notruf: Kennwort Leiter Berta\nHausmeister: x", "Leiter Berta"),
        ("Das Codewort für die Zentrale lautet Pinguin.", "Pinguin"),
        ("le mot de passe vocal est Marguerite, merci", "Marguerite"),
        (
            "is it better than my pass phrase, which is 'uncle paints 3 boats on Friday'?",
            "uncle paints 3 boats on Friday",
        ),
        ('die Passphrase lautet "Wolke tanzt unter Birken"', "Wolke tanzt unter Birken"),
    ],
)
def test_words_that_are_a_password_are_found(text: str, value: str, seen: Callable[..., set[str]]) -> None:
    assert seen(spoken, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "What is a verbal password? A phrase you say.",
        "Kennwort Feld ist leer.",
        "Das Kennwort ist falsch.",
        "Kennwort: Pflichtfeld\n",
        "the security word is required, and the safe word: unknown.",
        'the error for a wrong password is "user not found in directory"',
        'the label of the password is "please enter your new password"',
        "use the word processor. Say the word, and I will help.",
        'The password: "must contain at least one digit"',
        "the safe word is a phrase that both know",
    ],
)
def test_sentences_about_passwords_are_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(spoken, text) == set()
