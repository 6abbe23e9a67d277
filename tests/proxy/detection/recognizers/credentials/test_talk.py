from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import talk


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the password for that one changed in May, it is Mar-bles-May31. For the rest ask", "Mar-bles-May31"),
        ("Hi, my pasword was reset twice. I put in Cardiff5ever!! and it says wrong", "Cardiff5ever!!"),
        ("log in as manager, which is Pickle&Jam (with the ampersand)", "Pickle&Jam"),
        ("it asks for a passphrase. I typed three-Herons-dive which I am sure about", "three-Herons-dive"),
        ("add the wifi, it's biscuit&tea", "biscuit&tea"),
        ("mi correo es x y la clave miperro2031, pero no entra", "miperro2031"),
        ("Para abrirlo use la clave Informe-2291-Lugo. Gracias", "Informe-2291-Lugo"),
        ("a senha continua a ser Pastel@Porto. Obrigada", "Pastel@Porto"),
        ("lösenordet är fortfarande Semla_fika31, tror jag", "Semla_fika31"),
        ("accesso remoto: parola d'ordine q9RtzK\n", "q9RtzK"),
        ("Ich habe als Kennwort wieder Dachs&Igel genommen", ""),
        ("das Kennwort ist jetzt Dachs&Igel, bitte merken", "Dachs&Igel"),
        ("creds changed? try walrus2031", "walrus2031"),
        ("the login for the till, `walrus2031` works", "walrus2031"),
        ("the facilities login is still depot / Pump-House7, ask Jo", "Pump-House7"),
        ("router - admin/kettle77x, ask Jo", "kettle77x"),
    ],
)
def test_an_odd_token_that_talk_of_passwords_hands_over_is_found(
    text: str, value: str, seen: Callable[..., set[str]]
) -> None:
    assert seen(talk, text) == ({value} if value else set())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "[09:14] Ida: anyone got the pw?\n[09:15] Tom: which one\n[09:16] Tom: w4lr-us-77\n[09:16] Ida: ta",
            "w4lr-us-77",
        ),
        ("Uwe: hat wer das Passwort\nIna: ?\nUwe: vom Testserver\nIna: hamster2031\n", "hamster2031"),
        ("wifi in the flat:\n\nkettle-fjord-88\n\nsee you", "kettle-fjord-88"),
    ],
)
def test_a_line_that_is_nothing_else_is_found_where_passwords_are_spoken_of(
    text: str, value: str, seen: Callable[..., set[str]]
) -> None:
    assert seen(talk, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "passwords are out, the standard is WebAuthn-Level-3 and we use Passkeys-2031",
        "the password check runs on the server Berlin-Node7x",
        "login fails; my user name is walrus2031",
        "log in with the account walrus2031",
        "is the password policy part of ISO-27001 or NIST-800-63B?",
        "the password manager is KeyVault2go",
        "sign in at portal.example.net:8443/login2",
        "the wifi router is a FRITZ7590 on firmware v7.57",
        "login:\n  handler: auth_v2_login\n  image: web-login-31",
        'password: str = field(default="")\nassert check(x1y2z3w4)',
        "The password is shown as ****-7781-xk on the page.",
        "we talked of passwords. " + "Nothing else. " * 30 + "it is walrus2031",
        "The ticket about the password is OPS-4471, fixed in Release-31b",
        "Sign in with Kestrel365 or your badge; the password is not needed.",
        "passwords need a digit, for example Walrus2031",
        "kettle2031 is what they called the band",
    ],
)
def test_what_only_stands_beside_such_talk_is_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(talk, text) == set()
