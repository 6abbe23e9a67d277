from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import dialled


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("the key box by bay 2 opens with 0927. bins on Sunday", {"0927"}),
        ("the printer asks for a code when you scan, that's 7834. If", {"7834"}),
        ("Wer zuletzt geht, macht die Alarmanlage scharf, Code 29283, und geht", {"29283"}),
        ("Pour l'alarme de la salle c'est le 6274, puis dièse", {"6274"}),
        ("Para entrar a la oficina se marca 3491 y almohadilla", {"3491"}),
        ("O código do alarme mudou para 7220 na terça.", {"7220"}),
        ("a alarm wyłączasz kodem 5193. Dzwoń", {"5193"}),
        ("glömde skärmlåset, tror det är 2568 eller 1457, hjälp", {"2568", "1457"}),
        ("De kluis is L21-R08-L33. Bel even", {"L21-R08-L33"}),
        ("Locker combinaton: 12-34-08\n", {"12-34-08"}),
        ("downstairs door B2966. her name", {"B2966"}),
        ("il codice del cancello è 5608, chiudi", {"5608"}),
        ("the padlock is 4-1-9-2 now, tell Uwe", {"4-1-9-2"}),
        ("Tippe an der Tür 60914 ein", {"60914"}),
        ("the safe? type 88-12-90", {"88-12-90"}),
        ("- masz PIN do tej karty?\n- 4916\n- a PUK?\n- 71860342\n", {"4916", "71860342"}),
    ],
)
def test_a_number_that_opens_something_is_found(text: str, values: set[str], seen: Callable[..., set[str]]) -> None:
    assert seen(dialled, text) == values


@pytest.mark.parametrize(
    "text",
    [
        "the error code is 4004, what does it mean?",
        "exit code 1370. the door is open",
        "Postleitzahl? PLZ-Code 10115. Das Tor ist zu",
        "company code 1300, local currency EUR",
        "the zip code of the gate is 90210.",
        "the agent listens on port 4317 or 4318, and the lock is held",
        "the alarm went off in 2031, and the safe was open",
        "door sensors: 4411 events since Monday",
        "call the alarm company, 5551234.",
        "the lock was bought on 12-03-2031.",
        "SELECT pin FROM doors WHERE id = 4411;",
        "a PIN has 4 digits and 10000 possibilities",
        "use the code SUMMER25 and pay 4400 €",
        "our alarm vendor's number is 4411923, call them",
        "in room 4411 is the safe, see page 1204.",
        "código postal 28013. la puerta es verde",
    ],
)
def test_other_numbers_and_codes_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(dialled, text) == set()
