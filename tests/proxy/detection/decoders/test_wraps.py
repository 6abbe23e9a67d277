import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.wraps import wraps


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("card 4929 7182\n    0364 5103", "card 4929 7182 0364 5103"),
        ("card 4929 71\n82 0364 5103", "card 4929 7182 0364 5103"),
        ("card 49297182\n  03645103.", "card 4929718203645103."),
        ("> DE75 5121 0800\n> 1245 1261 99", "> DE75 5121 0800 1245 1261 99"),
        ("DE755121080\n01245126199", "DE75512108001245126199"),
        ("ring +49 176\n80431527", "ring +49 176 80431527"),
        ("ssn 536-22-\n  8726", "ssn 536-22-8726"),
        ("ssn 536-22\n-8726", "ssn 536-22-8726"),
        ("ada.lo@\nmail.net", "ada.lo@mail.net"),
        ("ada.lo\n@mail.net", "ada.lo@mail.net"),
        ("ada.\n  lo@mail.net", "ada.lo@mail.net"),
        ("ada.lo@mail.\nnet", "ada.lo@mail.net"),
        ("ada.lo@mail\n.net", "ada.lo@mail.net"),
        ("ada.lo@ma\nil.net", "ada.lo@mail.net"),
        ("KEY=4fT9aQ2kLm8Zp3Xw\n   7Yb1Nc6R", "KEY=4fT9aQ2kLm8Zp3Xw7Yb1Nc6R"),
        ('"4929\\\n  7182"', '"49297182"'),
    ],
)
def test_a_value_that_a_line_breaks_is_read_in_one(written: str, read: str, budget: Budget) -> None:
    assert list(wraps(written, budget)) == [read]


@pytest.mark.parametrize(
    "text",
    [
        "an ordinary sentence that\ngoes on",
        "1234\n5678\n9012\n3456",
        "12345678\n23456789",
        "took 1234\n2024-05-01 12:00:01 next",
        "mail ada@mail.net\nthanks",
        "a 5\nb 6",
        "3f2a9c81b4d7e6f05a1b2c3d4e5f6a7b\n9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d",
        "curl -H x \\\n  -d y",
        "- one\n- two",
        "4929 7182 0364 5103\n5425 2334 3010 9903",
    ],
)
def test_ordinary_lines_end(text: str, budget: Budget) -> None:
    assert list(wraps(text, budget)) == []
