import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.detection.configured import patterns
from proxy.detection.recognizers.base import Late, Recognizer

Load = Callable[[str], Recognizer]
OWN = """
    from presidio_analyzer import LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult, RemoteRecognizer


    class Desk(LocalRecognizer):
        def __init__(self, word="desk", score=0.8):
            self.word, self.its = word, score
            super().__init__(supported_entities=["DESK", "ROOM"], context=["floor"])

        def load(self):
            pass

        def analyze(self, text, entities, nlp_artifacts=None):
            at = text.find(self.word)
            return [RecognizerResult(kind, at, at + len(self.word), self.its) for kind in ("DESK", "ROOM") if at >= 0]


    class Slow(PatternRecognizer):
        def __init__(self):
            super().__init__("SLOW", patterns=[Pattern("slow", "(?:x+x+)+y", 0.5)])


    class Far(RemoteRecognizer):
        def analyze(self, text, entities, nlp_artifacts): ...
        def get_supported_entities(self): ...


    class Broken(LocalRecognizer):
        def __init__(self):
            raise OSError("a secret")
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a module of one's own where Python finds it."""
    (tmp_path / "acme_detectors.py").write_text(textwrap.dedent(OWN))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "acme_detectors", raising=False)


def entry(**fields: str) -> str:
    given = {"name": "theirs", **fields}
    return "presidio:\n  - {" + ", ".join(f"{key}: {value}" for key, value in given.items()) + "}\n"


def found(recognizer: Recognizer, text: str) -> list[tuple[str, str, float]]:
    return [(match.entity_type, text[match.start : match.end], match.score) for match in recognizer.find(text)]


def test_a_recognizer_of_presidio_finds_our_type(recognizer: Load) -> None:
    tax = recognizer(entry(**{"class": "DeTaxIdRecognizer"}, types="{DE_TAX_ID: NATIONAL_ID}"))
    assert tax.emits == {"NATIONAL_ID": 0.3}
    assert found(tax, "die Nummer 36574261809") == [("NATIONAL_ID", "36574261809", 1.0)]


def test_weak_matches_are_dropped_and_context_words_raise_them(recognizer: Load) -> None:
    licence = entry(**{"class": "UsLicenseRecognizer"}, types="{US_DRIVER_LICENSE: DRIVER_LICENSE}", min_score="0.5")
    assert found(recognizer(licence), "order A1234567") == []
    ((_, text, score),) = found(recognizer(licence), "driver license A1234567")
    assert (text, score) == ("A1234567", pytest.approx(0.65))


@pytest.mark.usefixtures("own")
def test_a_class_of_ones_own_gets_its_arguments_and_only_mapped_types_count(recognizer: Load) -> None:
    desk = recognizer(
        entry(**{"class": "acme_detectors.Desk"}, arguments="{word: seat, score: 0.4}", types="{DESK: SEAT_NUMBER}")
    )
    assert found(desk, "my seat") == [("SEAT_NUMBER", "seat", 0.4)]
    assert found(desk, "floor 3, my seat") == [("SEAT_NUMBER", "seat", 0.75)]


@pytest.mark.usefixtures("own")
def test_other_code_is_another_version(recognizer: Load, tmp_path: Path) -> None:
    text = entry(**{"class": "acme_detectors.Desk"}, types="{DESK: SEAT_NUMBER}")
    before = recognizer(text).version
    with (tmp_path / "acme_detectors.py").open("a") as module:
        module.write("# more\n")
    assert recognizer(text).version != before


@pytest.mark.usefixtures("own")
def test_a_pattern_of_theirs_that_takes_too_long_is_not_skipped(
    recognizer: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "BOUND_S", 0.1)
    slow = recognizer(entry(**{"class": "acme_detectors.Slow"}, types="{SLOW: SLOW}"))
    assert found(slow, "xxy") == [("SLOW", "xxy", 0.5)]
    started = time.monotonic()
    with pytest.raises(Late):
        list(slow.find("x" * 5000))
    assert time.monotonic() - started < 5


@pytest.mark.disable_socket
def test_no_recognizer_asks_the_network_for_a_list_of_domains(recognizer: Load) -> None:
    mails = recognizer(entry(**{"class": "EmailRecognizer"}, types="{EMAIL_ADDRESS: EMAIL_ADDRESS}"))
    assert found(mails, "write to ada@mail.net") == [("EMAIL_ADDRESS", "ada@mail.net", 1.0)]


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("name", "types", "code"),
    [
        ("DeTaxIdRecogniser", "{DE_TAX_ID: NATIONAL_ID}", "unknown-class"),
        ("acme_detectors.Nobody", "{DESK: SEAT}", "unknown-class"),
        ("acme_detectors.OWN", "{DESK: SEAT}", "unknown-class"),
        ("nowhere.at.all.Desk", "{DESK: SEAT}", "unknown-class"),
        ("acme_detectors.Far", "{DESK: SEAT}", "remote"),
        ("acme_detectors.Broken", "{DESK: SEAT}", "not-made"),
        ("acme_detectors.Desk", "{CHAIR: SEAT}", "unknown-label"),
        ("HuggingFaceNerRecognizer", "{PERSON: PERSON}", "needs-engine"),
        ("SpacyRecognizer", "{PERSON: PERSON}", "needs-engine"),
        ("os system", "{DESK: SEAT}", "bad-name"),
    ],
)
def test_what_cannot_be_used_is_told_where_it_stands(
    faults: Callable[[str], list[str]], name: str, types: str, code: str
) -> None:
    text = entry(**{"class": name}, types=types)
    assert faults(text) == [f"2:{text.splitlines()[1].index(name) + 1} {code}"]


@pytest.mark.parametrize(("types", "code"), [("{}", "too-few"), ("[DESK]", "wrong-type"), ("{DESK: desk}", "bad-name")])
def test_types_are_a_mapping_of_theirs_to_ours(faults: Callable[[str], list[str]], types: str, code: str) -> None:
    (fault,) = faults(entry(**{"class": "DeTaxIdRecognizer"}, types=types))[:1]
    assert fault.endswith(code)
