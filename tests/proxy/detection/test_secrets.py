import pytest

from proxy.detection.secrets import EMITS, SecretScanner, entity_type, weigh
from proxy.settings import Settings

TOKEN = "gh" + "p_a8Kd93jf02mXz81LqPw7" + "3nVb6TyRe5Uc4Hs1"
DIGEST = "5b5b08860dfe2853" + "87c2fb1efb5a501c"


@pytest.fixture(scope="module")
def scanner() -> SecretScanner:
    return SecretScanner(Settings().cache / "kingfisher")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("betterleaks.private-key", "PRIVATE_KEY"),
        ("betterleaks.aws-access-token", "CLOUD_CREDENTIAL"),
        ("betterleaks.azure-storage-account-key", "CLOUD_CREDENTIAL"),
        ("betterleaks.jwt", "JWT"),
        ("betterleaks.mongodb-connection-string", "CONNECTION_STRING"),
        ("betterleaks.generic-credential-uri", "CONNECTION_STRING"),
        ("betterleaks.hashicorp-tf-password", "PASSWORD"),
        ("betterleaks.github-pat", "API_KEY"),
        ("veles.secrets/openrouter", "API_KEY"),
        ("veles.secrets/herokuplatformkey", "CLOUD_CREDENTIAL"),
    ],
)
def test_each_rule_has_a_type(rule: str, expected: str) -> None:
    assert entity_type(rule) == expected
    assert expected in EMITS


@pytest.mark.parametrize(
    "frame", ["{}", "({})", "{}, ", "see {}.", "{}. Next", "<b>{}</b>", "x={}&y=1", "é {}", "[{}]"]
)
def test_a_token_is_found_whatever_stands_behind_it(frame: str, scanner: SecretScanner) -> None:
    text = frame.format(TOKEN)
    assert {text[match.start : match.end] for match in scanner.find(text)} == {TOKEN}


@pytest.mark.parametrize(
    "text",
    [
        f"datadog trace_id: {DIGEST}",
        f"fastly digest = {DIGEST}",
        "heroku_app_id: 7f3b1c2d-1a2b-4c3d-8e9f-0a1b2c3d4e5f",
        f"discord_client_id: {DIGEST[:18]}",
        "postgres://postgres:postgres@localhost:5432/db",
        "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
        "gh" + "p_" + "x" * 36,
    ],
)
def test_digests_ids_and_samples_beside_a_vendors_name_are_left_alone(text: str, scanner: SecretScanner) -> None:
    assert list(scanner.find(text)) == []


def test_a_bare_value_weighs_what_its_name_says() -> None:
    assert weigh("datadog_api_key: ") > weigh("datadog: ") > 0
    assert weigh("datadog_trace_id: ") == 0
    assert weigh("token_hash = ") == 0


def test_every_score_is_one_that_is_announced(scanner: SecretScanner) -> None:
    found = list(scanner.find(f"{TOKEN} datadog_api_key: {DIGEST} postgres://app:hunter22@db/x"))
    assert len(found) >= 3
    assert all(match.score >= EMITS[match.entity_type] for match in found)
