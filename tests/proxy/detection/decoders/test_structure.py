import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.structure import forms, structure


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('password: {"entry": "x"}', "password: x"),
        ('{"password": {"value": "x"}} thanks', "password: x"),
        (r'{"password": "{\"value\": \"x\"}"}', "password: x"),
        ('see {"ssns": ["a", "123456789"], "n": 1} and\n{"ssns": [987654321]}', "ssns: 123456789\nssns: 987654321"),
        ('```json\n{\n  "cards": [\n    "4929 7182"\n  ]\n}\n```', "cards: 4929 7182"),
    ],
)
def test_what_does_not_stand_beside_its_key_is_read_below_it(written: str, read: str, budget: Budget) -> None:
    budget.root = written
    assert list(structure(written, budget)) == [read]


@pytest.mark.parametrize(
    "text", ['{"ssn": 123456789, "name": "Ada"}', '{"a": ["x", "y"]}', "{not json at all}", "f(x) { [1] }", "plain"]
)
def test_what_stands_beside_its_key_is_not_repeated(text: str, budget: Budget) -> None:
    budget.root = text
    assert list(structure(text, budget)) == []


def test_all_scalars_of_decoded_json_are_read_and_repeated_keys_too(budget: Budget) -> None:
    (view,) = structure('note {"a": {"ssn": 123456789, "ssn": "x"}, "b": [true, 1.50]}', budget)
    assert view.splitlines() == ["ssn: 123456789", "ssn: x", "b: 1.50"]


def test_json_that_is_nested_too_deep_is_named(budget: Budget) -> None:
    list(structure("[" * 100_000, budget))
    assert budget.failures == {"view_bound"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("GET /x?name=John+Smith&n=1", "name: John Smith"),
        ("to=Rue%20des%20Tanneurs%2058&profile=truck", "to: Rue des Tanneurs 58"),
        ("user=noor%40mail.nl&pass=Lente%2725", "user: noor@mail.nl\npass: Lente'25"),
    ],
)
def test_encoded_fields_of_a_form_are_lines(written: str, read: str, budget: Budget) -> None:
    assert list(forms(written, budget)) == [read]


@pytest.mark.parametrize("text", ["a = b+c", "x=y+z", "100%=all", "a=b&c=d"])
def test_sums_are_no_forms(text: str, budget: Budget) -> None:
    assert list(forms(text, budget)) == []
