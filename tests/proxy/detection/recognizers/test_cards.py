import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.detection.recognizers.cards import RECOGNIZER, luhn


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("pay 4111 1111 1111 1111 now", "CREDIT_CARD", "4111111111111111"),
        ("4111-1111-1111-1111", "CREDIT_CARD", "4111111111111111"),
        ("3782 822463 10005", "CREDIT_CARD", "378282246310005"),
        ("30569309025904", "CREDIT_CARD", "30569309025904"),
        ("4222222222222", "CREDIT_CARD", "4222222222222"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "CREDIT_CARD", "4111111111111111"),
        ("12/27 4111 1111 1111 1111 123", "CREDIT_CARD", "4111111111111111"),
        ("%B4111111111111111^DOE/J^2512", "CREDIT_CARD", "4111111111111111"),
        ("amount 0.4111111111111111 please", "CREDIT_CARD", "4111111111111111"),
        ("5018 0000 0009", "CREDIT_CARD", "501800000009"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",
        "[0.4111111111111111, 0.5828318283182831]",
        "loss 0.582831 after 0.4111111111111111",
        "1700000000000",
        "order 1234567890123456",
        "0000 0000 0000 0000",
        "12 34 56 78",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()


@given(st.sampled_from(["4", "51", "37", "36", "6011", "3530", "62"]), st.data())
def test_every_completed_number_of_an_issuer_is_found(prefix: str, data: st.DataObject) -> None:
    length = {"37": 15, "36": 14}.get(prefix, 16)
    body = prefix + data.draw(
        st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1)
    )
    number = next(body + digit for digit in "0123456789" if luhn(body + digit))
    assert ("CREDIT_CARD", number) in found(f"card={number};")


@given(st.text("0123456789", min_size=11, max_size=18), st.integers(1, 9))
def test_one_wrong_digit_breaks_the_check(body: str, step: int) -> None:
    number = next(body + digit for digit in "0123456789" if luhn(body + digit))
    assert not luhn(number[:-1] + str((int(number[-1]) + step) % 10))
