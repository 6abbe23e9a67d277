import time
from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import pieces

ONE, TWO = "EWgi5zp3" + "idHt76U8", "Ktd6q9Xv" + "Lm2RzTn4"


@pytest.mark.parametrize(
    "expression",
    [
        'const A = "{}"; const B = "{}"; export const mapsToken = [A, B].join("")',
        'a = "{}"\nb = "{}"\napi_key = a + b',
        'a = "{}"\nb = "{}"\ntoken = f"{{a}}{{b}}"',
        'P1="{}"\nP2="{}"\nAPI_KEY="${{P1}}${{P2}}"',
        '$a = "{}";\n$b = "{}";\n$apiKey = $a . $b;',
        'const a = "{}"\nconst b = "{}"\nheaders = {{"x-api-key": `${{a}}${{b}}`}}',
        'String a = "{}";\nString b = "{}";\nString secret = a.concat(b);',
        'left = "{}"\nright = "{}"\nclient_secret = "".join([left, right])',
        'A: str = "{}"\nB: str = "{}"\nAPI_TOKEN = "%s%s" % (A, B)',
    ],
)
def test_constants_that_are_joined_to_a_secret_are_its_pieces(expression: str, seen: Callable[..., set[str]]) -> None:
    assert seen(pieces, expression.format(ONE, TWO)) == {ONE, TWO}


def test_a_password_may_be_in_pieces_too(seen: Callable[..., set[str]]) -> None:
    assert seen(pieces, "a = 'Herbst'\nb = 'laub#41'\npassword = a + b\n") == {"Herbst", "laub#41"}


@pytest.mark.parametrize(
    "text",
    [
        f'a = "{ONE}"\nb = "{TWO}"\nname = a + b',
        'host = "https"\npath = "v1/items"\ntoken = host + path',
        'PREFIX = "cache"\nNAME = "users"\nkey = PREFIX + ":" + NAME',
        'first = "user"\nlast = "table"\npassword = first + last',
        'api_key = load("a") + load("b")',
        f'a = "{ONE}"\napi_key = get(b) + get(c)',
    ],
)
def test_other_expressions_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(pieces, text) == set()


@pytest.mark.parametrize("piece", ["token = a + ", 'a = "bcdef1"\n', "a = ", "key: ", "_a"])
def test_a_long_text_costs_no_more_than_its_length(piece: str, seen: Callable[..., set[str]]) -> None:
    began = time.perf_counter()
    seen(pieces, f'a = "{ONE}"\nb = "{TWO}"\n' + piece * (100_000 // len(piece)) + "\ntoken = a + b")
    assert time.perf_counter() - began < 3
