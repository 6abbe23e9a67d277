from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import one_time

SEED = "JXQ2K5TGM7PZ" + "4WVYJXQ2K5TG"
PHRASE = "ladder orbit velvet cactus window gossip tuition harvest marble oxygen puzzle quantum"
WRITTEN = "lamp velvet desert error pumpkin stairs frozen cousin arrow pasta lion comb"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"TOTP secret: {SEED}", SEED),
        (f"otpauth://totp/Corp:bob?secret={SEED}&issuer=Corp", SEED),
        ("Your verification code is 482913.", "482913"),
        (f"seed phrase: {PHRASE}", PHRASE),
    ],
)
def test_a_second_factor_is_found(text: str, value: str, seen: Callable[..., set[str]]) -> None:
    assert seen(one_time, text) == {value}


def test_each_of_several_recovery_codes_is_found(seen: Callable[..., set[str]]) -> None:
    assert seen(one_time, "Recovery codes\n1. r1712-w24kd\n2. 9v2k0-90p55\n") == {"r1712-w24kd", "9v2k0-90p55"}


@pytest.mark.parametrize(
    "text",
    [
        "otpauth://totp/Example:alice@google.com?secret=" + "JBSWY3DP" + "EHPK3PXP",
        "verification code 123456",
        "the error code is 4829",
        "How do backup codes for 2FA work?",
        "seed: 12345",
        "each phrase of the recovery plan needs an owner who will answer for it when the time has come",
    ],
)
def test_samples_and_talk_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(one_time, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "G-884120 is your Google verification code",
        "Votre code de vérification est 884120",
        "Su código de verificación es 884120",
        "Il tuo codice di verifica è 884120",
        "Use code 884120 to sign in",
    ],
)
def test_a_code_that_was_sent_is_found_in_other_words(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(one_time, text) == {"884120"}


@pytest.mark.parametrize(
    "text",
    [
        "884120 is your order number",
        "Use code 20240 to sign off",
        "Der Code 94110 ist Ihre Postleitzahl",
        'gmail: "four word line here"',
    ],
)
def test_other_numbers_and_words_are_not_codes(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(one_time, text) == set()


def test_licences_and_passwords_of_apps_are_found(seen: Callable[..., set[str]]) -> None:
    licence = "Q7RK2-LM9VT-" + "4XW8Z-BH3NP-CD5SF"
    assert seen(one_time, f"licence key {licence} for the editor") == {licence}
    assert seen(one_time, f"the pump has serial number {licence}") == set()
    password = "qkrm tlpo " + "wxyz hvbn"
    assert seen(one_time, f'smtp.login("bob@mail.example", app="{password}")') == {password}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Den Freischaltcode RH8T-25ZK-8WMC brauchen Sie nur einmal", "RH8T-25ZK-8WMC"),
        ("engångskod vid första inloggningen: KG5-77K-TLN.", "KG5-77K-TLN"),
        (
            "if you lose the phone take one of these: 7f3k-q8wm, 4xnd-1pzt, v7ya-52rb.",
            "7f3k-q8wm, 4xnd-1pzt, v7ya-52rb",
        ),
        ("chave de licença do antivírus: 5T8YB-KK3W8-QX1PD-84HMR (12 postos)", "5T8YB-KK3W8-QX1PD-84HMR"),
        (
            f"which word of my seed phrase is wrong? {WRITTEN}",
            WRITTEN,
        ),
    ],
)
def test_codes_used_once_and_seed_phrases_in_talk_are_found(
    text: str, value: str, seen: Callable[..., set[str]]
) -> None:
    assert seen(one_time, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "the activation code follows by post, see form AB-CD-EF and 2031-04-01",
        "recovery codes: keep them off-site, read-only and up-to-date",
        "what is a seed phrase?\nit has words that the wallet shows once and you write them down",
        "recovery keys rotate on 12-03-2031",
    ],
)
def test_talk_of_such_codes_is_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(one_time, text) == set()
