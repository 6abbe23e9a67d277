import time

import pytest
from promised import matches
from properties.effort import ASKED

from proxy.detection.recognizers.credentials import RECOGNIZER

LONG = 100_000 if ASKED else 40_000


def found(text: str) -> set[tuple[str, str]]:
    return {(match.entity_type, match.value) for match in matches(RECOGNIZER, text)}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("AKIA" + "QYLPMN5HHHFPZAM2", "CLOUD_CREDENTIAL", "AKIA" + "QYLPMN5HHHFPZAM2"),
        (
            "key ghp_" + "a8Kd93jf02mXz81LqPw7" + "3nVb6TyRe5Uc4Hs1",
            "API_KEY",
            "ghp_" + "a8Kd93jf02mXz81LqPw7" + "3nVb6TyRe5Uc4Hs1",
        ),
        ("DB_PASSWORD=" + "s3cr3tPass", "PASSWORD", "s3cr3tPass"),
        ("password: password = " + "2ASmul!Fi9X4Vwm9", "PASSWORD", "2ASmul!Fi9X4Vwm9"),
        ('{"password": "The entry: ' + '2ASmul!Fi9X4Vwm9"}', "PASSWORD", "2ASmul!Fi9X4Vwm9"),
        ("(password = " + "2ASmul!Fi9X4Vwm9)", "PASSWORD", "2ASmul!Fi9X4Vwm9"),
        ("[password = " + "2ASmul!Fi9X4Vwm9]", "PASSWORD", "2ASmul!Fi9X4Vwm9"),
        ("token: access_token = " + "a8Kd93jf02mXz81LqPw7", "GENERIC_SECRET", "a8Kd93jf02mXz81LqPw7"),
        ("the password for staging is " + "Tr0ub4dor&3, ok", "PASSWORD", "Tr0ub4dor&3"),
        ("client_secret: " + "8Q~abcDEF123ghiJKL456mnoPQR", "GENERIC_SECRET", "8Q~abcDEF123ghiJKL456mnoPQR"),
        ("postgres://app:" + "hunter22@db.internal:5432/x", "CONNECTION_STRING", "hunter22"),
        ("Server=db;Database=x;User Id=sa;Password=" + "Passw0rd!;", "CONNECTION_STRING", "Passw0rd!"),
        ("Authorization: Bearer " + "a8Kd93jf02mXz81LqPw73nVb", "GENERIC_SECRET", "a8Kd93jf02mXz81LqPw73nVb"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "password: <password>",
        "token = get_token()",
        "api_key = 'YOUR_API_KEY'",
        "password = os.environ['DB']",
        "the password is required",
        "secret: ${SECRET}",
        "token = tokenizer.decode",
        "max_tokens=1024",
        "AKIAIOSFODNN7EXAMPLE",
        "How do I reset my password?",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()


def test_a_private_key_block_is_found_even_when_cut_off() -> None:
    block = "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEowIBAAKCAQEA7bq9x"
    assert {kind for kind, _ in found(block)} == {"PRIVATE_KEY"}


def test_a_token_of_three_parts_is_found() -> None:
    parts = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N"]
    token = ".".join(parts)
    assert ("JWT", token) in found(f"cookie {token}")


def test_what_several_finders_see_is_one_secret_of_one_type() -> None:
    token = "gh" + "p_a8Kd93jf02mXz81LqPw7" + "3nVb6TyRe5Uc4Hs1"
    assert found(f'"github_token": "{token}"') == {("API_KEY", token)}
    assert found(f"Authorization: Bearer {token}") == {("API_KEY", token)}


def test_two_secrets_of_one_text_are_two() -> None:
    assert len(found("DB_PASSWORD=hunter22\nREDIS_PASSWORD=letmein42\n")) == 2


HOSTILE = [
    *(
        "password ",
        "password=",
        "pw:",
        "key=",
        "token: ",
        "://a:",
        "a:b@",
        "login a/",
        "login ",
        "auth(",
        "|password|\n",
    ),
    *("password,user\n", "insert into a (password) values ('", "eyJaaaaaaaa.", "recovery codes\n", "seed abc ", "otp "),
    *(
        "cookie: a=b;",
        "<th>password</th>",
        "-----BEGIN PRIVATE KEY-----",
        "MIIE",
        "\\",
        '"',
        "aB1",
        "name: password\nvalue: ",
    ),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_repetition_costs_linear_time(piece: str) -> None:
    text = (piece * LONG)[:LONG]
    started = time.process_time()
    for _ in RECOGNIZER.find(text):
        pass
    assert time.process_time() - started < LONG * 1.5 / 40_000
