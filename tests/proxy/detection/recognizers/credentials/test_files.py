from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import files


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("machine api.test\n  login bob\n  password sunshine77\n", "sunshine77"),
        ("db.internal:5432:orders:app:hunter22\n", "hunter22"),
        ("WIFI:T:WPA;S:Home;P:hunter22;;", "hunter22"),
        ("bob:$apr1$" + "Qk2f8a1Z$9/H1qAA28smJjfdAtASjxJ", "$apr1$" + "Qk2f8a1Z$9/H1qAA28smJjfdAtASjxJ"),
        ("config/master.key\n" + "3ebf21f8e5d1ab86" + "b27a720842c3bb56", "3ebf21f8e5d1ab86" + "b27a720842c3bb56"),
    ],
)
def test_a_file_is_known_by_its_layout(text: str, value: str, seen: Callable[..., set[str]]) -> None:
    assert seen(files, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "machine example.com login <user> password <password>",
        "root:x:0:0:root:/root:/bin/bash",
        "bcrypt hashes look like $2b$12$ and 53 characters",
    ],
)
def test_what_describes_a_file_is_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(files, text) == set()


def test_a_map_of_relays_holds_a_password(seen: Callable[..., set[str]]) -> None:
    assert seen(files, "[smtp.example.org]:587 billing:Inkpot-Parade-6\n") == {"Inkpot-Parade-6"}
    assert seen(files, "smtp.example.org    relay@example.org:Inkpot.Parade6\n# :587") == {"Inkpot.Parade6"}
    assert seen(files, "[smtp.example.org]:587 listens on :25\n") == set()
