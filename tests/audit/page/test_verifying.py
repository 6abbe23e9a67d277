"""The verifier in the page says of every pack what the Python verifier says: it was written apart, from the formats."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Chromium, Page
from log_attacks import attacks, base
from log_claims import claims
from pack_attacks import ATTACKS
from packs import Workshop, pack_of, times
from scribe import Scribe, drawn_log, mutated, sealed
from verified import by_page, by_python, codes, opened

from audit.pack.making import Wish

DRAWN, MUTATIONS = 8, 6


@pytest.fixture(scope="module")
def page(browser: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened(browser, tmp_path_factory.mktemp("page")) as shown:
        yield shown


def test_both_verifiers_find_the_same_in_every_forged_pack(page: Page, workshop: Workshop, tmp_path: Path) -> None:
    differing, missed = {}, {}
    for attack in ATTACKS:
        pack = attack.forge(workshop)
        theirs, ours = by_page(page, pack), by_python(tmp_path / "pack.tar", pack)
        if theirs != ours:
            differing[attack.name] = (theirs, ours)
        if codes(theirs) != attack.codes:
            missed[attack.name] = codes(theirs)
    assert (differing, missed) == ({}, {})


def test_both_verifiers_find_the_same_in_every_forged_log(page: Page, tmp_path: Path) -> None:
    differing, missed = {}, {}
    for case in (*attacks(), *claims()):
        asked = (case.pack, case.trust, case.receipts)
        theirs, ours = by_page(page, *asked), by_python(tmp_path / "pack.tar", *asked)
        if theirs != ours:
            differing[case.name] = (theirs, ours)
        if (codes(theirs), theirs["grade"]) != (set(case.codes.split()), case.grade):
            missed[case.name] = (codes(theirs), theirs["grade"])
    assert (differing, missed) == ({}, {})


def test_both_verifiers_find_the_same_in_logs_of_any_records_and_in_what_is_changed_in_them(
    page: Page, tmp_path: Path
) -> None:
    differing, grades = [], set[str]()
    for seed in range(DRAWN):
        luck = random.Random(seed)
        files = drawn_log(luck, luck.choice((5, 30, 60))).files()
        for number, made in enumerate((files, *(mutated(files, luck) for _ in range(MUTATIONS)))):
            theirs, ours = by_page(page, sealed(made)), by_python(tmp_path / "pack.tar", sealed(made))
            grades.add(theirs["grade"])
            if theirs != ours:
                differing.append((seed, number))
    assert differing == []
    assert grades == {"failed", "signed"}


def test_what_no_log_says_is_never_run_or_shown_as_markup(page: Page) -> None:
    made = base(1)
    made.put(b'{"__proto__":{"polluted":1},"kind":"<img src=x onerror=owned=1>","v":1}')
    made.sign()
    assert "UNKNOWN_KIND" in codes(by_page(page, made.pack()))
    assert page.evaluate("({}).polluted === undefined && globalThis.owned === undefined")


def test_a_checkpoint_in_every_record_is_judged(page: Page, tmp_path: Path) -> None:
    made = Scribe.begun()
    for _ in range(30):
        made.add("writer.heartbeat", 1, records=1)
        made.sign()
    pack = made.pack()
    assert by_page(page, pack) == by_python(tmp_path / "pack.tar", pack)


def test_both_say_of_a_period_that_reaches_over_the_end_of_the_log_that_nothing_shows_its_end(
    page: Page, workshop: Workshop, tmp_path: Path
) -> None:
    place = workshop.home / "audit.db"
    made = pack_of(place, tmp_path / "open.tar", Wish(times(place)[6], "2999-01-01T00:00:00.000000Z"))
    pack = (tmp_path / "open.tar").read_bytes()
    said = by_page(page, pack)
    assert said == by_python(tmp_path / "pack.tar", pack)
    assert (said["grade"], made.last) == ("signed", made.size - 1)
    ends = f"that the period ends with record {made.last}: it is the last one that there is"
    assert ends in said["unproven"]
    assert not any("that the period" in what for what in by_page(page, workshop.month)["unproven"])


@pytest.mark.parametrize("receipt", ["1:x", f"{10**15}:{'0' * 64}", f"-1:{'0' * 64}"])
def test_a_receipt_that_is_none_is_refused(page: Page, receipt: str) -> None:
    pack = Scribe.begun().pack()
    with pytest.raises(AssertionError, match=r"thrown: .*not a receipt"):
        by_page(page, pack, (), [receipt])
    with pytest.raises(ValueError, match="not a receipt"):
        by_python(Path("unused"), pack, (), [receipt])


BAD_TRUST = {
    b"quorum none\nquorum none\n": "line 2",
    b"": "line 1",
    b"log nonsense\nquorum none\n": "line 1",
    b"witness a b\nquorum a\n": "line 1",
    b"group g 2 a\nquorum g\n": "line 1",
    "x\n\n\u2014 y z\n".encode(): "line 1",
}


@pytest.mark.parametrize("brought", BAD_TRUST)
def test_a_file_from_outside_that_is_none_is_refused(page: Page, brought: bytes) -> None:
    pack = Scribe.begun().pack()
    with pytest.raises(AssertionError, match=f"thrown: .*{BAD_TRUST[brought]}"):
        by_page(page, pack, [brought])
    with pytest.raises(ValueError, match=BAD_TRUST[brought]):
        by_python(Path("unused"), pack, [brought])
