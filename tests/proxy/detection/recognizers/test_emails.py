import pytest

from proxy.detection.recognizers.emails import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("write to Jane.Doe@Acme-Corp.io.", "EMAIL_ADDRESS", "jane.doe@acme-corp.io"),
        ("jane at acme dot com", "EMAIL_ADDRESS", "jane@acme.com"),
        ("jane [at] acme [dot] co [dot] uk", "EMAIL_ADDRESS", "jane@acme.co.uk"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com",
        "git@github.com:a/b",
        "meet at noon dot",
        "@app.get",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
