import pytest
from hypothesis import given
from hypothesis import strategies as st
from promised import matches

from proxy.detection.recognizers.iban import LENGTHS, RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    return {(match.entity_type, match.value) for match in matches(RECOGNIZER, text)}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("to GB97 BARC 2045 7743 2198 76 for rent", "IBAN_CODE", "GB97BARC20457743219876"),
        ("iban:gb97barc20457743219876", "IBAN_CODE", "GB97BARC20457743219876"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "GB97 BARC 2045 7743 2198 77",
        "DE89",
        "GB82 WEST 1234 5698 7654 32",
        "DE89 3704 0044 0532 0130 00",
        "XX82WEST12345698765432",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()


@given(st.sampled_from(sorted(LENGTHS)), st.data())
def test_a_number_with_the_right_check_is_found_and_with_a_wrong_one_is_not(country: str, data: st.DataObject) -> None:
    size = LENGTHS[country] - 4
    body = data.draw(st.text("0123456789", min_size=size, max_size=size))
    check = 98 - int("".join(str(int(char, 36)) for char in f"{body}{country}00")) % 97
    assert found(f"{country}{check:02}{body}") == {("IBAN_CODE", f"{country}{check:02}{body}")}
    assert found(f"{country}{(check + 1) % 100:02}{body}") == set()
