import pytest
from hypothesis import given
from hypothesis import strategies as st
from promised import matches
from stdnum import luhn

from proxy.detection.recognizers.cards import RECOGNIZER
from proxy.detection.recognizers.samples import CARDS


def found(text: str) -> set[tuple[str, str]]:
    return {(match.entity_type, match.value) for match in matches(RECOGNIZER, text)}


def completed(body: str) -> str:
    return body + str(luhn.calc_check_digit(body))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("pay 4929 7182 0364 5103 now", "4929718203645103"),
        ("4929-7182-0364-5103", "4929718203645103"),
        ("3791 354508 16245", completed("37913545081624")),
        ("4 9 2 9 7 1 8 2 0 3 6 4 5 1 0 3", "4929718203645103"),
        ("12/27 4929 7182 0364 5103 123", "4929718203645103"),
        ("%B4929718203645103^DOE/J^2512", "4929718203645103"),
        (";4929718203645103=25121010000012345678?", "4929718203645103"),
        ("4929718203645103D25121010000012345678", "4929718203645103"),
        ("card 0.4929718203645103 please", "4929718203645103"),
        ("card no 49297 18203 645103", "4929718203645103"),
        ("order 4929 7182 0364 5103", "4929718203645103"),
        ("6304 8742 5473 4595 22", "630487425473459522"),
        ("x: a\t6288742547345922486\tb\nx: a\t6288742547345922486\tb", "6288742547345922486"),
        ("card_number,name\n4929718203645103,x", "4929718203645103"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, value: str) -> None:
    text = text.replace("3791 354508 16245", f"3791 354508 {completed('37913545081624')[10:]}")
    assert ("CREDIT_CARD", value) in found(text)


@pytest.mark.parametrize(
    "body", ["50181234567", "492971820364", "3670010234567", "37913545081624", "492971820364512345"]
)
def test_every_length_is_found(body: str) -> None:
    number = completed(body)
    assert found(f"My card is {number}.") == {("CREDIT_CARD", number)}


@pytest.mark.parametrize(
    "text",
    [
        "4929 7182 0364 5103 12/27 987",
        "4929718203645103|12|2027|987",
        "4929718203645103,exp 12/27,987",
        "4929718203645103 1227 987",
    ],
)
def test_a_code_behind_card_and_expiry_is_found(text: str) -> None:
    assert ("CARD_SECURITY_CODE", "987") in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "4929 7182 0364 5104",
        "[0.4929718203645103, 0.5828318283182831]",
        "amount 0.4929718203645103 please",
        "0x4929718203645103",
        "ab4929718203645103ff",
        "v 4.92 2005/07/11 03645",
        "3615, 1256, 2808, 110",
        "loss 0.582831 after 0.4929718203645103",
        "1700000000000",
        "order 1234567890123456",
        "order 4929718203645103",
        "tracking no. 4929718203645103",
        '{"id": 4929718203645103}',
        "[4220315081820346526, 717751820318449133]",
        "0000 0000 0000 0000",
        "12 34 56 78",
        "492971******5103",
        "4929 71** **** 5103",
        "64.95,5012345679068",
        "40  20.11  21.40  22.70  27",
        "2221 4929 7182 0364 5103 2222",
        "5 3 0 0 7 0 0 0 0 6 0 0 1 9 5 0 0 0 0 9 8 0 0 0 0 6 0 8 0 0 0 6 0 0 0 3 4 0 0 8 0 3 0 0 1",
        "4929 7182 0364 5104 12/27 987",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize("number", sorted(CARDS)[::7])
def test_published_test_cards_are_nobodys(number: str) -> None:
    assert found(f"card: {number}, cvc 123") == set()


@pytest.mark.parametrize("apart", range(1, 48))
def test_a_long_number_is_a_card_however_far_away_it_stands_once_more(apart: int) -> None:
    number = "6763874254734595278"
    assert found(f"({number}){'.' * apart} {number}") == {("CREDIT_CARD", number)}
    assert found(f"{number} 67638742547345{apart:05}") == set(), "but not in a list of such numbers"


def test_an_article_number_is_a_card_only_beside_a_word_for_cards() -> None:
    number = "4006381333931"
    both = next(
        f"40063813{tail:05}"
        for tail in range(99_999)
        if luhn.is_valid(f"40063813{tail:05}") and _ean(f"40063813{tail:05}")
    )
    assert found(f"{number} and {both} in stock") == set()
    assert found(f"my card {both}") == {("CREDIT_CARD", both)}


def _ean(number: str) -> bool:
    return sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(number)) % 10 == 0


@given(st.sampled_from(["4", "51", "37", "36", "6011", "3530", "62"]), st.data())
def test_every_completed_number_of_an_issuer_is_found(prefix: str, data: st.DataObject) -> None:
    length = {"37": 15, "36": 14}.get(prefix, 16)
    rest = length - len(prefix) - 1
    number = completed(prefix + data.draw(st.text("0123456789", min_size=rest, max_size=rest)))
    expected = number not in CARDS and len(set(number)) > 2 and not number.startswith("4000000000")
    assert (("CREDIT_CARD", number) in found(f"card={number};")) == expected
