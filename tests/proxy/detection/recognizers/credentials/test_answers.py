import time
from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import answers


@pytest.mark.parametrize(
    "text",
    [
        "the admin password for the router (Korf!bal1948)",
        "het wachtwoord van de ledenadministratie (Korf!bal1948, graag wijzigen)",
        "le mot de passe du serveur (Korf!bal1948, à changer)",
        "das Passwort der Mitgliederverwaltung (Korf!bal1948, bitte ändern)",
        "la contraseña de la wifi (Korf!bal1948)",
        "hasło do poczty (Korf!bal1948)",
        "Anna: what's the password?\nTom: sticker says Korf!bal1948",
        "what's the wifi password\nno idea, fridge: Korf!bal1948",
        "what's the wifi password?\nmoment\nit should be on the fridge: Korf!bal1948",
        "Wie ist das Passwort?\nsteht am Router, Korf!bal1948\n",
        "does anyone know the WLAN password for the flat? - yes, Korf!bal1948, ask Eva",
        "yes! sticker says Korf!bal1948 , so both together right?",
        "auf dem Aufkleber am Router steht: Korf!bal1948",
        "quel est le mot de passe ? sur la boîte : Korf!bal1948",
        "The wifi is kept the same until the end of the project so write it down: Korf!bal1948",
    ],
)
def test_a_password_may_stand_apart_from_its_name(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(answers, text) == {"Korf!bal1948"}


@pytest.mark.parametrize("lead", ["write it down: {}", "note: {}.", "Schreib es dir auf: {}", "notez : {}"])
def test_what_is_to_be_written_down_may_be_a_word_with_digits(lead: str, seen: Callable[..., set[str]]) -> None:
    text = "The guest wifi stays the same. " + lead.format("kingfisher82")
    assert seen(answers, text.replace(" : ", ": ")) == {"kingfisher82"}


@pytest.mark.parametrize(
    "text",
    [
        "what's the password policy?\nsee issue#308 or infra/docs#12",
        "What is the default password length?\nIt was 12 until v2.1.0 and rose on 2024-05-12.",
        "How is a password hashed?\nWith PBKDF2-SHA256, 600000 rounds; see RFC-2898.",
        "what is the password of bob? ask bob.smith2@mail.example.org",
        "the password manager (1Password) and the password (min. 8 characters)",
        "the password reset (RFC-2549) and its flow (see step#2)",
        "wifi is down, note: ticket INC-4711 is open",
        "wifi is down, note: 2024-05-12 14:00",
        "passwords are rotated. Note: v2.1.0 of the agent is needed",
        "the label says lot#12345",
        "write it down: kingfisher82",
    ],
)
def test_questions_and_notes_about_passwords_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(answers, text) == set()


@pytest.mark.parametrize("piece", ["what is the password? ", "note: ", "password (", "a1! ", "a1!", "was ist das "])
def test_a_long_text_costs_no_more_than_its_length(piece: str, seen: Callable[..., set[str]]) -> None:
    began = time.perf_counter()
    seen(answers, "what is the wifi password? " + piece * (100_000 // len(piece)))
    assert time.perf_counter() - began < 3
