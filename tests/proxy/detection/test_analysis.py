# ruff: noqa: RUF001 - look-alikes are what is tested
import base64
import urllib.parse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Never

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.detection.analysis import Analyzer
from proxy.detection.configured import patterns
from proxy.detection.configured.file import read
from proxy.detection.findings import UNCOVERED, UNSCANNED, Scan, Segment, Unit
from proxy.detection.tasks import plan

SECRET = "ghp_" + "a8Kd93jf02mXz81LqPw7" + "3nVb6TyRe5Uc4Hs1"


def kinds(scan: Scan) -> set[str]:
    return {finding.entity_type for finding in scan.findings}


def test_a_prompt_with_a_name_and_a_fact_gives_both(find: Callable[..., dict[str, float]]) -> None:
    found = find("Please write to Maria Gonzalez, who was diagnosed with type 2 diabetes.")
    assert found["PERSON"] >= 0.85
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
    assert "US_SSN" in find("512447719", key="ssn")
    assert "US_SSN" not in find("512447719", key="count")


def test_a_value_split_over_parts_is_found(find: Callable[..., dict[str, float]]) -> None:
    assert "CREDIT_CARD" in find("my card is 4929 7182", "0364 5103 thanks")
    assert "API_KEY" in find("use " + SECRET[:20], SECRET[20:] + " today")


def test_a_value_split_over_messages_is_found(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    units = [make_unit("my card: 4929 7182"), make_unit("0364 5103", path="messages[1]", role="assistant")]
    assert "CREDIT_CARD" in kinds(analyzer.analyze(units))
    apart = [make_unit("my card: 4929 7182"), make_unit("Sure.", path="messages[1]", role="assistant")]
    apart.append(make_unit("0364 5103", path="messages[2]"))
    assert "CREDIT_CARD" in kinds(analyzer.analyze(apart))


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        ("I have to verify you. What is your date of birth?", "12/03/1984", "DATE_OF_BIRTH"),
        ("And the password of the gallery wifi?", "otter-lamp-41", "PASSWORD"),
    ],
)
def test_an_answer_is_read_with_its_question(
    analyzer: Analyzer, make_unit: Callable[..., Unit], question: str, answer: str, kind: str
) -> None:
    asked = make_unit(question, path="messages[0]", role="assistant")
    told = make_unit(answer, path="messages[1]", role="user")
    assert kind in kinds(analyzer.analyze([asked, told]))
    assert kind not in kinds(analyzer.analyze([told]))


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        (("NHS number ８０５ ５１", "７ ３９７４"), "UK_NHS"),
        (("card ٤٩٢٩ ٧١٨٢", "٠٣٦٤ ٥١٠٣"), "CREDIT_CARD"),
        (("+", "４４ ２０ ７９４６ ", "１９５８"), "PHONE_NUMBER"),
        ((SECRET[:20] + "\u200b" * 900, "\u2060" * 900 + SECRET[20:]), "API_KEY"),
        (("GВ97 ВARC", " ", "2045 7743 2198 76"), "IBAN_CODE"),
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
    assert "IBAN_CODE" in find("GВ97 ВARC 20", "45 7743 2198 76")


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
    assert "IBAN_CODE" in find(encode("GB97 BARC 2045 7743 2198 76".replace("E", "Е").replace("T", "Т")))


def test_binary_and_foreign_text_are_named(scan_parts: Callable[..., Scan]) -> None:
    noise = base64.b64encode(bytes((n * 37 + 129) % 256 | 0x80 for n in range(200))).decode()
    scan = scan_parts(noise)
    assert scan.failures == {"binary"}
    assert UNSCANNED in kinds(scan)
    assert UNCOVERED in kinds(scan_parts("Меня зовут Иван"))


def test_equal_values_have_one_id_in_every_spelling(scan_parts: Callable[..., Scan]) -> None:
    scan = scan_parts("4929 7182 0364 5103", "4929-7182-0364-5103", "NDkyOSA3MTgyIDAzNjQgNTEwMw==")
    found = [finding for finding in scan.findings if finding.entity_type == "CREDIT_CARD"]
    assert len({finding.path for finding in found}) == 3
    assert len({finding.value_id for finding in found}) == 1


def test_a_hidden_name_between_letters_of_two_scripts_is_read(find: Callable[..., dict[str, float]]) -> None:
    assert "CREDIT_CARD" in find("card ٤٩٢٩ ٧١٨٢ ٠٣٦٤ ٥١٠٣")
    assert "EMAIL_ADDRESS" in find("jane.d\u043ee@acme-corp.io")


def test_every_type_that_comes_out_is_declared(analyzer: Analyzer, scan_parts: Callable[..., Scan]) -> None:
    scan = scan_parts("Maria Gonzalez, 12 High Street, London, +44 20 7946 1018, 8.8.8.8, " + SECRET, "王")
    assert kinds(scan) <= analyzer.loaded.entity_types
    assert len(analyzer.loaded.sha256) == 64


def test_a_value_beside_another_string_is_still_one_value(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    units = [make_unit("write to ada@mail.net", "Hello", path="messages[0]"), make_unit("gpt-4o-mini", path="")]
    found = [finding for finding in analyzer.analyze(units).findings if finding.entity_type == "EMAIL_ADDRESS"]
    assert [finding.path for finding in found] == ["messages[0].content[0].content"]


def test_a_value_that_runs_into_the_rest_of_the_body_has_a_path(analyzer: Analyzer) -> None:
    units = [
        Unit("messages[0]", "user", (Segment("messages[0].content", "content", "4929 7182"),)),
        Unit("", "other", (Segment("user", "user", "0364 5103"),)),
    ]
    (found,) = (finding for finding in analyzer.analyze(units).findings if finding.entity_type == "CREDIT_CARD")
    assert found.path == "messages[0]"


def test_a_window_of_a_decoded_text_begins_with_a_whole_word(scan_parts: Callable[..., Scan]) -> None:
    for size in range(140, 170):
        scan = scan_parts("write to ada.byron@mail.net " + "x" * size + " a%20b and then " + "y" * size)
        found = {finding.value_id for finding in scan.findings if finding.entity_type == "EMAIL_ADDRESS"}
        assert len(found) == 1, size


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], Analyzer]:
    """Load the detectors of a file, without models: what is tested is how they are used."""

    def make(text: str) -> Analyzer:
        (tmp_path / "detectors.yaml").write_text(f"without: [spacy, kingfisher]\n{text}", encoding="utf-8")
        return Analyzer("none", configuration=read(tmp_path / "detectors.yaml"))

    return make


STAFF = r"patterns: [{name: staff, type: EMPLOYEE_ID, patterns: ['\bEMP-\d{6}\b', '(?:x+x+)+y']}]"


@pytest.mark.parametrize(
    "texts",
    [
        ("ask EMP-123456 now",),
        (base64.b64encode(b"please ask EMP-123456 now").decode(),),
        ("ask ЕМР-123456 now",),
        ("ask EMP-12", "3456 now"),
    ],
)
def test_a_configured_pattern_reads_every_view(
    configured: Callable[[str], Analyzer], make_unit: Callable[..., Unit], texts: tuple[str, ...]
) -> None:
    assert "EMPLOYEE_ID" in kinds(configured(STAFF).analyze([make_unit(*texts)]))


def test_a_pattern_that_is_late_costs_no_other_finding_and_the_text_is_not_inspected(
    configured: Callable[[str], Analyzer], make_unit: Callable[..., Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "BOUND_S", 0.1)
    slow = make_unit("x" * 5000, "write to ada@mail.net", "ask EMP-123456")
    scan = configured(STAFF).analyze([slow, make_unit("ask EMP-123457", path="messages[1]")])
    assert scan.failures == {"pattern_bound"}
    assert {(finding.entity_type, finding.path[:11]) for finding in scan.findings} >= {
        (UNSCANNED, "messages[0]"),
        ("EMAIL_ADDRESS", "messages[0]"),
        ("EMPLOYEE_ID", "messages[1]"),
    }


def test_a_detector_that_breaks_makes_the_text_not_inspected(
    configured: Callable[[str], Analyzer], make_unit: Callable[..., Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Never:
        raise ValueError("ask EMP-123456")

    analyzer = configured(STAFF)
    monkeypatch.setattr(patterns, "bounded", broken)
    assert analyzer.analyze([make_unit("write to ada@mail.net")]).failures == {"error"}


def test_tasks_done_together_find_what_each_finds_alone(analyzer: Analyzer, make_unit: Callable[..., Unit]) -> None:
    texts = ("Maria Gonzalez lives in Munich.", "", "my card is 4929 7182", "0364 5103, ask Tom", "Maria Gonzalez")
    tasks = [item.task for item in plan([make_unit(text, path=f"messages[{n}]") for n, text in enumerate(texts)])]
    assert analyzer.run_all(tasks) == [analyzer.run(task) for task in tasks]
    assert analyzer.run_all([]) == []


def test_a_text_that_cannot_be_read_ahead_costs_the_others_nothing(
    analyzer: Analyzer, make_unit: Callable[..., Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(texts: list[str]) -> Never:
        raise ValueError(texts[0])

    ahead = replace(analyzer.detectors.built_in[-1], expect=broken)
    monkeypatch.setattr(analyzer, "detectors", replace(analyzer.detectors, built_in=(ahead,)))
    scan = analyzer.analyze([make_unit("ask Siobhan Kowalczyk"), make_unit("“ask”", path="messages[1]")])
    assert scan.complete
    assert kinds(scan) == {"PERSON"}


def test_names_are_not_looked_for_where_two_strings_are_put_together(find: Callable[..., dict[str, float]]) -> None:
    assert "PERSON" not in find("the Mari", "a project")
    assert "PERSON" in find("ask Jeanette", "Kowalski about it")


def test_an_empty_request_is_complete(analyzer: Analyzer) -> None:
    assert analyzer.analyze([]).complete
    assert analyzer.analyze([Unit("rest", "", (Segment("model", "model", ""),))]).findings == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(categories=None), max_size=80), max_size=4))
def test_any_strings_can_be_scanned(analyzer: Analyzer, texts: list[str]) -> None:
    segments = tuple(Segment(f"messages[0].content[{n}]", "text", text) for n, text in enumerate(texts))
    analyzer.analyze([Unit("messages[0]", "user", segments)])
