from pathlib import Path
from random import Random

from flown import analyzer

from proxy.canary import phrases
from proxy.detection import lexicon
from proxy.detection.findings import Segment, Unit


def test_the_unlisted_names_are_in_no_list() -> None:
    listed = (Path(lexicon.__file__).parent / "given.txt").read_text(encoding="utf-8").lower().split()
    assert not {name.lower() for name in phrases.UNLISTED} & set(listed)
    assert {name.lower() for name in phrases.GIVEN} <= set(listed)  # and this search finds what is there


def test_a_harmless_request_says_its_mark_and_nothing_that_is_found() -> None:
    random = Random(7)
    for _ in range(100):
        text, mark = phrases.harmless(random)
        assert mark in text
        scan = analyzer().analyze([Unit("", "user", (Segment("", "content", text),))])
        assert scan.complete
        assert scan.findings == ()


def test_harmless_requests_are_told_apart_by_their_marks() -> None:
    random = Random(7)
    marks = {phrases.harmless(random)[1] for _ in range(500)}
    assert len(marks) == 500
    assert not any(one in other for one in list(marks)[:50] for other in marks - {one})


def test_surnames_are_many() -> None:
    assert len(phrases.FIRST) * len(phrases.MIDDLE) * len(phrases.LAST) > 15_000
    assert phrases.surname(Random(1)) != phrases.surname(Random(2))
