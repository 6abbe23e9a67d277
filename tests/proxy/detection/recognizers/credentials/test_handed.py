from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import handed

SEED = "MFRGG2LT" + "NRQW4ZJT" + "GEZDQNZY"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the pw was rotated, new one is Cobalt_Ferret_220. update the secret", "Cobalt_Ferret_220"),
        ("the vpn kicked me out. he gave me a fresh one yesterday, Bramble-Otter41, and that fails", "Bramble-Otter41"),
        ("she typed Snowdonia2024 which is what the reset mail said", "Snowdonia2024"),
        ("unlock the tablet with Pepper-Mill88 and put it back", "Pepper-Mill88"),
        ("wifi? its Banane!couch1990 and ask before you stream", "Banane!couch1990"),
        ("das Passwort wurde geändert, das neue ist Regen-Traktor-88", "Regen-Traktor-88"),
        ("Bitte logg dich mit m.keller und Herbst!Laub22 ein", "Herbst!Laub22"),
        ("der WLAN-Schlüssel wurde geändert: Apfelbaum-Wiese-12", "Apfelbaum-Wiese-12"),
        ("Le code wifi: tortue-verte-88", "tortue-verte-88"),
        ("a senha do servidor foi trocada para Tartaruga_Verde88", "Tartaruga_Verde88"),
        ("hasło do serwera zmieniono na Zielony_Zolw88", "Zielony_Zolw88"),
        ("log in with jsmith and Garnet_Plum_81", "Garnet_Plum_81"),
        ("Connecte-toi avec jdupont et Chocolat*Noir12", "Chocolat*Noir12"),
        ("restaron la contraseña, la nueva es Verano_Azul_23", "Verano_Azul_23"),
        ("il wifi di casa, parola chiave Gatto_nero55", "Gatto_nero55"),
        ("Inloggen met jansen en Fietsbel!Groen4 werkt niet", "Fietsbel!Groen4"),
    ],
)
def test_what_is_handed_over_in_talk_of_logging_in_is_found(
    text: str, value: str, seen: Callable[..., set[str]]
) -> None:
    assert seen(handed, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "I can't log in with Anna-Maria-2 on the forum. The username is Anna-Maria-2.",
        "the vpn server is Berlin-Gateway-02 and it times out",
        "login page says Error-Code-429 and I was locked out",
        "we log in using Keycloak-Realm-2 and the client My-App-3",
        "wifi is Guest-Network-5, ask for the password at the desk",
        "the login bug is PROJ-1234 and the fix is Release-2024-06",
        "Enter Conference-Room-4, unlock with your badge.",
        "I unlocked Achievement_12 in the game with Level_9 and got Hero_Bundle_3",
        "logged in to grafana; the panel is CPU_Usage_5m and the datasource is Prometheus_01",
        "passwords are a topic of the book that is called Otter_Lamp_41",
        "a password has a sign, for example Abc9!xyq",
        "We set out with Boat_Seven_12 at noon.",
    ],
)
def test_names_of_other_things_beside_such_talk_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(handed, text) == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[14:16] Mara: and the seed?\n[14:17] Jon: " + SEED + "\n[14:18] Mara: thx", SEED),
        ("Alice: pass for the nas?\nBob: Walrus!breakfast3\n", "Walrus!breakfast3"),
        ("send me the admin password pls\nit's hunter-green-sofa9", "hunter-green-sofa9"),
        ("wie ist das WLAN Passwort?\nRegen-bogen77", "Regen-bogen77"),
        ("what was the alarm code?\nJo: 4471#", "4471#"),
        ("what's the api key?\n\n" + "q7Rk2Lm9" * 3, "q7Rk2Lm9" * 3),
    ],
)
def test_the_next_line_answers_a_question(text: str, value: str, seen: Callable[..., set[str]]) -> None:
    assert seen(handed, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "what's the door code?\nask at reception",
        "What is a token?\nA token is a unit of text.",
        "What key do I press?\nCtrl+Shift+P",
        "what is the zip code?\n94110",
        "the password requirements please\nmin. 12 chars",
        "how do I reset my password?\nhttps://example.org/reset?x=1",
    ],
)
def test_an_answer_that_is_no_secret_is_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(handed, text) == set()
