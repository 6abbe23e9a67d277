from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import prose


@pytest.mark.parametrize(
    "text",
    [
        "The password is Tr0ub4dor#3.",
        "my password's still Tr0ub4dor#3",
        "the password for staging is Tr0ub4dor#3, ok",
        "I changed the password to Tr0ub4dor#3 yesterday",
        "the shared password was changed to Tr0ub4dor#3",
        "the root password we got is Tr0ub4dor#3, where does it go?",
        "the SMTP password is:\n\n    Tr0ub4dor#3\n",
        "What's the password? Tr0ub4dor#3",
        "use Tr0ub4dor#3 as the password",
        "Tr0ub4dor#3 is the password for the demo",
        "connect as ops with password Tr0ub4dor#3",
        "Das Passwort lautet Tr0ub4dor#3",
        "Kennwort für den Server: Tr0ub4dor#3",
        "Le mot de passe est Tr0ub4dor#3",
        "La contraseña del servidor es Tr0ub4dor#3",
        "La password di root è Tr0ub4dor#3",
        "Het wachtwoord is Tr0ub4dor#3",
        "A senha é Tr0ub4dor#3",
        "Hasło do serwera: Tr0ub4dor#3",
        "Lösenordet är Tr0ub4dor#3",
    ],
)
def test_a_password_that_is_told_is_found(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(prose, text) == {"Tr0ub4dor#3"}


@pytest.mark.parametrize(
    "text", ["the password is sunshine", 'The password is "sunshine".', "Das Passwort ist sunshine."]
)
def test_it_may_be_a_word_that_ends_a_clause(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(prose, text) == {"sunshine"}


def test_it_may_be_a_phrase(seen: Callable[..., set[str]]) -> None:
    assert seen(prose, "disk passphrase: correct horse battery staple\n") == {"correct horse battery staple"}


@pytest.mark.parametrize(
    "text",
    [
        "The password is required.",
        "Your password is incorrect!",
        "the password is weak!",
        "The password is hashed with bcrypt.",
        "password must be at least 12 characters",
        "the password is 8-64 characters long",
        "the password is sent in plain text",
        "password policy?tokens",
        "passphrase: at least four random words please",
        "Das Passwort ist abgelaufen.",
        "Le mot de passe est obligatoire.",
        "La contraseña es incorrecta.",
        "La password è errata.",
        "Het wachtwoord is onjuist.",
        "A senha é inválida.",
        "Hasło jest wymagane.",
        "Lösenordet är felaktigt.",
        "pass `{'type': 'x1'}` to the function",
        "user.password is set",
        "[password reset](https://example.com/a1)",
    ],
)
def test_talk_of_passwords_is_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(prose, text) == set()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("why is Marble99harp rejected as a password?", {"Marble99harp"}),
        ('is "Marble99harp" a strong password?', {"Marble99harp"}),
        ("changed it from marble99harp to harp99marble (password for the nas)", {"marble99harp", "harp99marble"}),
        (
            "our restore key phrase is nine otters juggle wet lanterns. keep it safe",
            {"nine otters juggle wet lanterns"},
        ),
        ("gpg passphrase quiet-rivers-carve-stone", {"quiet-rivers-carve-stone"}),
        ("The LUKS passphrase is velvet anchor tuba seventeen, ask me first", {"velvet anchor tuba seventeen"}),
    ],
)
def test_a_password_that_is_judged_or_changed_or_of_words_is_found(
    text: str, values: set[str], seen: Callable[..., set[str]]
) -> None:
    assert seen(prose, text) == values


@pytest.mark.parametrize(
    "text",
    [
        "is SHA256 still ok as a password hash?",
        "The Windows11Pro machine has a password",
        "Our password manager is Bitwarden-2024.",
        "keyword: best running shoes for flat feet",
        "the passphrase is asked only once for each session",
        "the day pass is \u00a51,100.For groups ask first",
        "wifi password on MAC f0:18:98:81:1a:fe",
    ],
)
def test_terms_sums_and_addresses_beside_the_word_are_not(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(prose, text) == set()


def test_a_word_that_no_list_has_may_be_followed_by_more(seen: Callable[..., set[str]]) -> None:
    assert seen(prose, "the password is rosenkohl as I have told you") == {"rosenkohl"}
    assert seen(prose, "the password is protected as I have told you") == set()
    assert seen(prose, "the password is visible in the log") == set()
