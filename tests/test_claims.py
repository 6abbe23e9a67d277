"""Each claim of the README is held: by a test that fails when it is false, or by a benchmark that measures it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from harness import ROOT
from named import NAMED, is_there

DOCS = ROOT / "deploy" / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (DOCS / "claims.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
BENCHMARK = r"`make ([a-z-]+)` \(\[[^]]+\]\(([^)#]+)\)\)"
"""What measures a claim, and the page that shows the figures."""
NAVIGATION = "Find your way"
"""The section whose table only says where things are."""


class Claim(NamedTuple):
    """A phrase of a section of the README, and what is named to hold it."""

    section: str
    phrase: str
    held: str


def plain(text: str) -> str:
    """Return a text without links, emphasis and line breaks."""
    return " ".join(re.sub(r"[*`]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)).split())


def sections(page: str) -> dict[str, str]:
    """Return what stands below each heading."""
    _, *parts = re.split(r"^#+ (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def claims(page: str) -> Iterator[Claim]:
    for section, text in sections(page).items():
        for phrase, held in re.findall(r"^\| (?!README says|---)(.+) \| (.+) \|$", text, re.MULTILINE):
            yield Claim(section, plain(phrase), held)


def said(readme: str) -> Iterator[tuple[str, str]]:
    """Yield each paragraph, bullet and row of a table outside of code, with its section."""
    for section, text in sections(readme).items():
        prose = re.sub(r"^```.*?^```$|^\|[^\n]*\n\|[- |]+\|$", "", text, flags=re.MULTILINE | re.DOTALL)
        for block in re.split(r"\n\s*\n|^(?= *(?:[-*] |\d+\. |\|))", prose, flags=re.MULTILINE):
            if block.strip() and not (section == NAVIGATION and block.startswith("|")):
                yield section, plain(block)


def unsaid(readme: str, page: str) -> list[Claim]:
    """Return the claims whose phrase is not in its section."""
    texts = {section: plain(text) for section, text in sections(readme).items()}
    return [claim for claim in claims(page) if claim.phrase not in texts.get(claim.section, "")]


def unheld(readme: str, page: str) -> list[str]:
    """Return the paragraphs, bullets and rows without a claim."""
    phrases = [(claim.section, claim.phrase) for claim in claims(page)]
    return [
        text
        for section, text in said(readme)
        if not any(within == section and phrase in text for within, phrase in phrases)
    ]


def unknown(page: str) -> list[str]:
    """Return what claims are said to be held by and is not there."""
    return [held for claim in claims(page) for held in claim.held.split(", ") if not holds(held)]


def holds(held: str) -> bool:
    """Whether this is a test that is there, or a target of make with a page that shows what it gives."""
    if test := re.fullmatch(NAMED, held):
        return is_there(test[1])
    if benchmark := re.fullmatch(BENCHMARK, held):
        target, page = benchmark[1], DOCS / benchmark[2]
        shown = page.read_text(encoding="utf-8") if page.is_file() else ""
        return bool(re.search(rf"^{target}:", MAKEFILE, re.MULTILINE) and re.search(rf"`make {target}[` ]", shown))
    return False


def test_every_claim_is_a_phrase_of_the_readme_in_its_section() -> None:
    assert unsaid(README, PAGE) == []


def test_every_claim_is_held_by_what_is_there() -> None:
    assert unknown(PAGE) == []


def test_every_paragraph_bullet_and_row_has_a_claim_that_is_held() -> None:
    assert len(list(said(README))) > 30
    assert unheld(README, PAGE) == []


@pytest.mark.parametrize("more", ["It makes tea.\n\n", "- It makes tea.\n", "  2. It makes tea.\n", "| tea | made |\n"])
@pytest.mark.parametrize("section", ["Start", "What it does not", "Detection"])
def test_whatever_more_is_said_is_found(more: str, section: str) -> None:
    at = README.index("\n## ", README.index(f"\n## {section}\n") + 1)
    (found,) = unheld(f"{README[:at].rstrip()}\n\n{more}{README[at:]}", PAGE)
    assert "tea" in found


TEST = "`tests/test_claims.py::test_every_claim_is_held_by_what_is_there`"


@pytest.mark.parametrize(
    ("heading", "row", "faults"),
    [
        ("Start", f"nothing else | {TEST}", (0, 0)),
        ("Start", f"a pot of tea | {TEST}", (1, 0)),
        ("Settings", f"nothing else | {TEST}", (1, 0)),
        ("No such heading", f"nothing else | {TEST}", (1, 0)),
        ("Start", "nothing else | `tests/test_claims.py::test_that_nobody_wrote`", (0, 1)),
        ("Start", "nothing else | `tests/test_none.py::test_every_claim_is_held_by_what_is_there`", (0, 1)),
        ("Start", f"nothing else | {TEST}, somebody", (0, 1)),
        ("Start", "nothing else | `make bench` ([its figures](performance.md))", (0, 0)),
        ("Start", "nothing else | `make tea` ([its figures](performance.md))", (0, 1)),
        ("Start", "nothing else | `make bench` ([its figures](none.md))", (0, 1)),
        ("Start", "nothing else | `make bench` ([its figures](canary.md))", (0, 1)),
    ],
)
def test_a_claim_of_nothing_or_that_nothing_holds_is_found(heading: str, row: str, faults: tuple[int, int]) -> None:
    page = f"# All\n\n## {heading}\n\n| README says | held by |\n|---|---|\n| {row} |\n"
    assert (len(unsaid(README, page)), len(unknown(page))) == faults
