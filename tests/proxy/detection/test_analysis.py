# ruff: noqa: RUF001 - look-alikes are what is tested
import base64
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.detection.analysis import Analyzer
from proxy.detection.findings import UNCOVERED, UNSCANNED, Scan, Segment, Unit

SECRET = "ghp_" + "a8Kd93jf02mXz81LqPw7" + "3nVb6TyRe5Uc4Hs1"


def kinds(scan: Scan) -> set[str]:
    return {finding.entity_type for finding in scan.findings}


def test_a_prompt_with_a_name_and_a_fact_gives_both(find: Callable[..., dict[str, float]]) -> None:
    found = find("Please write to Maria Gonzalez, who was diagnosed with type 2 diabetes.")
    assert found["PERSON"] == 0.85
    assert "MEDICAL_CONDITION" in found


def test_harmless_prompts_give_nothing_that_identifies(find: Callable[..., dict[str, float]]) -> None:
    identifying = {"PERSON", "CREDIT_CARD", "PHONE_NUMBER", "STREET_ADDRESS", "PASSWORD", "GENERIC_SECRET", UNSCANNED}
    for text in (
        "What is the capital of France?",
        "Write a Python function that sorts a list with quicksort and explain its complexity.",
        "How do I deploy Django on Kubernetes with Helm?",
        "Summarise the difference between TCP and UDP in three sentences.",
        "def add(a: int, b: int) -> int:\n    return a + b",
        "What is 12345678 * 87654321?",
        "Fix: TypeError: unsupported operand type(s) for +: 'int' and 'str' at line 1024",
        "curl -H 'Authorization: Bearer $TOKEN' https://api.example.com/v1/items?page=2",
    ):
        certain = {kind for kind, score in find(text).items() if score >= 0.5}
        assert not identifying & certain, text


def test_a_number_means_something_beside_its_key(find: Callable[..., dict[str, float]]) -> None:
    assert "US_SSN" in find("219099999", key="ssn")
    assert "US_SSN" not in find("219099999", key="count")


def test_a_value_split_over_parts_is_found(find: Callable[..., dict[str, float]]) -> None:
    assert "CREDIT_CARD" in find("my card is 4111 1111", "1111 1111 thanks")
    assert "API_KEY" in find("use " + SECRET[:20], SECRET[20:] + " today")


def test_a_value_split_over_messages_is_found(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    units = [make_unit("my card: 4111 1111"), make_unit("1111 1111", path="messages[1]", role="assistant")]
    assert "CREDIT_CARD" in kinds(analyzer.analyze(units))
    apart = [make_unit("my card: 4111 1111"), make_unit("Sure.", path="messages[1]", role="assistant")]
    apart.append(make_unit("1111 1111", path="messages[2]"))
    assert "CREDIT_CARD" in kinds(analyzer.analyze(apart))


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        (("NHS number ８０５ ５１", "７ ３９７４"), "UK_NHS"),
        (("card ٤١١١ ١١١١", "١١١١ ١١١١"), "CREDIT_CARD"),
        (("+", "４４ ２０ ７９４６ ", "０９５８"), "PHONE_NUMBER"),
        ((SECRET[:20] + "\u200b" * 900, "\u2060" * 900 + SECRET[20:]), "API_KEY"),
        (("GВ82 WЕST", " ", "1234 5698 7654 32"), "IBAN_CODE"),
        (("AB 07 81 92 ", "D"), "UK_NINO"),
        (("AB", " 00 00 00 A"), "UK_NINO"),
        (("postgres:", "//billing:hunter22@db.internal/ledger"), "CONNECTION_STRING"),
    ],
)
def test_a_disguised_value_split_over_messages_is_found(
    pieces: tuple[str, ...], kind: str, analyzer: Analyzer, make_unit: Callable[..., Unit]
) -> None:
    units = [make_unit(piece, path=f"messages[{n}]") for n, piece in enumerate(pieces)]
    assert kind in kinds(analyzer.analyze(units))


def test_look_alikes_split_over_parts_are_found(find: Callable[..., dict[str, float]]) -> None:
    assert "IBAN_CODE" in find("GВ82 WЕST 12", "34 5698 7654 32")


def test_numbers_that_merely_stand_in_a_row_are_not_joined(find: Callable[..., dict[str, float]]) -> None:
    assert "CREDIT_CARD" not in find(*(str(n) for n in range(1000, 1400, 7)))


def test_an_encoded_secret_in_an_argument_is_found(find: Callable[..., dict[str, float]]) -> None:
    encoded = base64.b64encode(f"token {SECRET}".encode()).decode()
    assert "API_KEY" in find(f'{{"data": "{encoded}"}}', key="arguments")


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: "".join(f"&#{ord(char)};" for char in text),
        urllib.parse.quote,
    ],
)
def test_look_alikes_are_read_inside_an_encoding(
    encode: Callable[[str], str], find: Callable[..., dict[str, float]]
) -> None:
    assert "API_KEY" in find(encode(SECRET.replace("a", "а").replace("e", "е")))
    assert "IBAN_CODE" in find(encode("GB82 WEST 1234 5698 7654 32".replace("E", "Е").replace("T", "Т")))


def test_binary_and_foreign_text_are_named(scan_parts: Callable[..., Scan]) -> None:
    noise = base64.b64encode(bytes((n * 37 + 129) % 256 | 0x80 for n in range(200))).decode()
    scan = scan_parts(noise)
    assert scan.failures == {"binary"}
    assert UNSCANNED in kinds(scan)
    assert UNCOVERED in kinds(scan_parts("Меня зовут Иван"))


def test_equal_values_have_one_id_in_every_spelling(scan_parts: Callable[..., Scan]) -> None:
    scan = scan_parts("4111 1111 1111 1111", "4111-1111-1111-1111", "NDExMSAxMTExIDExMTEgMTExMQ==")
    found = [finding for finding in scan.findings if finding.entity_type == "CREDIT_CARD"]
    assert len({finding.path for finding in found}) == 3
    assert len({finding.value_id for finding in found}) == 1


def test_a_hidden_name_between_letters_of_two_scripts_is_read(find: Callable[..., dict[str, float]]) -> None:
    assert "CREDIT_CARD" in find("card ٤١١١ ١١١١ ١١١١ ١١١١")
    assert "EMAIL_ADDRESS" in find("jane.d\u043ee@acme-corp.io")


def test_every_type_that_comes_out_is_declared(analyzer: Analyzer, scan_parts: Callable[..., Scan]) -> None:
    scan = scan_parts("Maria Gonzalez, 12 High Street, London, +44 20 7946 0018, 8.8.8.8, " + SECRET, "王")
    assert kinds(scan) <= analyzer.loaded.entity_types
    assert len(analyzer.loaded.sha256) == 64


def test_a_value_beside_another_string_is_still_one_value(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    units = [make_unit("write to ada@mail.net", "Hello", path="messages[0]"), make_unit("gpt-4o-mini", path="")]
    found = [finding for finding in analyzer.analyze(units).findings if finding.entity_type == "EMAIL_ADDRESS"]
    assert [finding.path for finding in found] == ["messages[0].content[0].content"]


def test_a_value_that_runs_into_the_rest_of_the_body_has_a_path(analyzer: Analyzer) -> None:
    units = [
        Unit("messages[0]", "user", (Segment("messages[0].content", "content", "4111 1111"),)),
        Unit("", "other", (Segment("model", "model", "1111 1111"),)),
    ]
    (found,) = (finding for finding in analyzer.analyze(units).findings if finding.entity_type == "CREDIT_CARD")
    assert found.path == "messages[0]"


def test_a_window_of_a_decoded_text_begins_with_a_whole_word(scan_parts: Callable[..., Scan]) -> None:
    for size in range(140, 170):
        scan = scan_parts("write to ada.byron@mail.net " + "x" * size + " a%20b and then " + "y" * size)
        found = {finding.value_id for finding in scan.findings if finding.entity_type == "EMAIL_ADDRESS"}
        assert len(found) == 1, size


def test_an_empty_request_is_complete(analyzer: Analyzer) -> None:
    assert analyzer.analyze([]).complete
    assert analyzer.analyze([Unit("rest", "", (Segment("model", "model", ""),))]).findings == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(categories=None), max_size=80), max_size=4))
def test_any_strings_can_be_scanned(analyzer: Analyzer, texts: list[str]) -> None:
    segments = tuple(Segment(f"messages[0].content[{n}]", "text", text) for n, text in enumerate(texts))
    analyzer.analyze([Unit("messages[0]", "user", segments)])
