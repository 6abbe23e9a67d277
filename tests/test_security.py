"""The threat model is a promise: each row names a test that is there, and each link leads somewhere."""

import re

from harness import ROOT
from named import NAMED, is_there

PAGE = ROOT / ".github" / "SECURITY.md"
ROWS = re.findall(r"^\| (?!attacker|---)(.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_row_says_what_somebody_can_and_cannot_and_which_test_shows_it() -> None:
    assert ROWS
    for row in ROWS:
        cells = [cell.strip() for cell in row.split(" | ")]
        assert len(cells) == 4, row
        assert all(cells), row
        named = re.fullmatch(NAMED, cells[3])
        assert named is not None, cells[3]
        assert is_there(named[1]), cells[3]


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)", PAGE.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
