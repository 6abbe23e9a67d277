import pytest

from proxy.detection.recognizers.credentials.joints import values_of
from proxy.detection.recognizers.credentials.reading import Reading


def joined(text: str) -> list[tuple[str, str]]:
    return [(value.joint, value.text) for name in Reading(text).names for value in values_of(text, name)]


@pytest.mark.parametrize(
    ("text", "joint"),
    [
        ("password = 'abc'", "plain"),
        ('"password": "abc"', "plain"),
        ('{\\"password\\": \\"abc\\"}', "plain"),
        ("password: str = 'abc'", "plain"),
        ('var password string = "abc"', "plain"),
        ("'password' => 'abc'", "plain"),
        ("**Password:** abc", "plain"),
        ('TOKEN = process.env.APP_TOKEN ?? "abc"', "plain"),
        ('password = config["db"] || "abc"', "plain"),
        ("$password = getenv('DB') ?: 'abc';", "plain"),
        ("password = os.environ.get('DB') or 'abc'", "plain"),
        ('ENV.fetch("API_TOKEN") { "abc" }', "plain"),
        ("url=${DB_PASSWORD:-abc}", "plain"),
        ('variable "db_password" {\n  type = string\n  default = "abc"\n}', "nested"),
        ('"admin_password": {"value": "abc", "sensitive": true}', "nested"),
        ("- name: DB_PASSWORD\n  value: abc", "pair"),
        ('{"name": "DB_PASSWORD", "value": "abc"}', "pair"),
        ('<add key="Password" value="abc"/>', "pair"),
        ("<password>abc</password>", "tag"),
        ('<Pass encoding="plain">abc</Pass>', "tag"),
        ("| password | abc |", "cell"),
        ("password,abcdefgh\n", "csv"),
        ("setPassword('abc')", "call"),
        ("define('DB_PASSWORD', 'abc')", "list"),
        ("--password abc", "gap"),
    ],
)
def test_a_value_is_joined_to_its_name_in_many_ways(text: str, joint: str) -> None:
    assert any(its == joint and value.startswith("abc") for its, value in joined(text))


def test_a_value_may_stand_below_its_name() -> None:
    assert joined("password:\n    abcdef\n") == [("line", "abcdef")]


def test_both_sides_of_a_change_are_values() -> None:
    assert joined('password = "abc" -> "def"') == [("plain", "abc"), ("plain", "def")]


def test_an_unquoted_value_ends_where_the_next_field_begins() -> None:
    assert joined("password=abc&user=bob") == [("plain", "abc")]
    assert joined("Password=abc;Encrypt=True") == [("plain", "abc")]
