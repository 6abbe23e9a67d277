"""A statement has one form: what is read is written again byte for byte, and anything else is refused where it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.approvals.statement import HEADER, MAX_SERIAL, Statement, Subject, parse, place
from proxy.files.diagnostics import Problems

DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
PEOPLE = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}", fullmatch=True)
STATEMENTS = st.builds(
    Statement, st.builds(Subject, DIGESTS, DIGESTS), st.integers(1, MAX_SERIAL), PEOPLE, PEOPLE, st.just("") | PEOPLE
)
GOOD = Statement(Subject("a" * 64, "b" * 64), 7, "dana@acme.example", "ciso@acme.example", "SEC-4412")
TEXT = f"""\
{HEADER}
files {"a" * 64}
upstreams {"b" * 64}
serial 7
author dana@acme.example
approver ciso@acme.example
ticket SEC-4412
"""


def refused(text: str) -> list[str]:
    problems = Problems()
    assert parse(text, problems) is None
    return [str(found).partition("]")[0] + "]" for found in problems.found]


def test_the_form_is_the_documented_one() -> None:
    assert GOOD.text() == TEXT
    assert parse(TEXT, Problems()) == GOOD


@given(STATEMENTS)
def test_what_was_written_is_read_back(statement: Statement) -> None:
    problems = Problems()
    assert parse(statement.text(), problems) == statement
    assert not problems.found


@given(st.text() | STATEMENTS.map(lambda one: one.text()).flatmap(lambda text: st.just(text + "\n") | st.just(text)))
def test_what_is_read_has_no_second_form(text: str) -> None:
    problems = Problems()
    statement = parse(text, problems)
    assert (statement is None) == problems.failed
    assert statement is None or statement.text() == text


@given(st.integers(0, len(TEXT) - 1), st.characters())
def test_a_changed_character_changes_the_statement_or_is_refused(at: int, mark: str) -> None:
    bent = TEXT[:at] + mark + TEXT[at + 1 :]
    assert (parse(bent, Problems()) == GOOD) == (bent == TEXT)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (HEADER, "ringfence.policy/v2", "APPROVALS:1:1: error[not-an-approval]"),
        (TEXT, "", "APPROVALS:1:1: error[not-an-approval]"),
        ("serial 7\n", "", "APPROVALS:4:1: error[unknown-key]"),
        ("approver ", "aprover ", "APPROVALS:6:1: error[unknown-key]"),
        ("ticket SEC-4412\n", "ticket SEC-4412\nnote x\n", "APPROVALS:8:1: error[unknown-key]"),
        ("approver ciso@acme.example\nticket SEC-4412\n", "", "APPROVALS:6:1: error[missing-key]"),
        ("a" * 64, "a" * 63, "APPROVALS:2:7: error[bad-text]"),
        ("b" * 64, "B" * 64, "APPROVALS:3:11: error[bad-text]"),
        ("serial 7", "serial 0", "APPROVALS:4:8: error[bad-text]"),
        ("serial 7", "serial 07", "APPROVALS:4:8: error[bad-text]"),
        ("serial 7", f"serial {MAX_SERIAL + 1}", "APPROVALS:4:8: error[bad-text]"),
        ("author dana", "author  dana", "APPROVALS:5:8: error[bad-text]"),
        ("approver ciso", "approver \u0441iso", "APPROVALS:6:10: error[bad-text]"),
        ("SEC-4412", "", "APPROVALS:7:8: error[bad-text]"),
        ("SEC-4412\n", "SEC-4412", "APPROVALS:7:1: error[bad-text]"),
        ("SEC-4412\n", "SEC-4412\r\n", "APPROVALS:7:8: error[bad-text]"),
    ],
)
def test_what_is_wrong_is_refused_where_it_is(old: str, new: str, expected: str) -> None:
    assert old in TEXT
    assert refused(TEXT.replace(old, new, 1)) == [expected]


def test_every_wrong_value_is_found_in_one_go() -> None:
    assert len(refused(TEXT.replace("serial 7", "serial x").replace("SEC-4412", "a b"))) == 2


def test_a_message_never_repeats_a_value() -> None:
    problems = Problems()
    parse(TEXT.replace("serial 7", "S3kret value"), problems)
    parse(TEXT.replace("SEC-4412", "S3kret value"), problems)
    assert len(problems.found) == 2
    assert "value" not in str(problems.found)


def test_a_field_has_one_place() -> None:
    lines = TEXT.split("\n")
    for field, value in (("files", "a" * 64), ("serial", "7"), ("ticket", "SEC-4412")):
        at = place(field)
        assert lines[at.line - 1][at.col - 1 :] == value
