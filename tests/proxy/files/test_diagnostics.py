import pytest

from proxy.errors import ConfigurationError
from proxy.files.diagnostics import Diagnostic, FileRefused, Place, Problems, did_you_mean, shown

AT = Place("soc2.yaml", 21, 24, 9)


def test_problems_come_out_by_place_and_each_once() -> None:
    problems = Problems()
    problems.error(AT, "b", "second")
    problems.warning(Place("a.yaml", 9, 1), "a", "first")
    problems.error(AT, "b", "second")
    assert [str(found) for found in problems.found] == [
        "a.yaml:9:1: warning[a] first",
        "soc2.yaml:21:24: error[b] second",
    ]


def test_only_errors_refuse() -> None:
    problems = Problems()
    problems.warning(AT, "a", "look")
    problems.check()
    problems.error(AT, "late", "over")
    problems.tolerate(frozenset({"late"}))
    problems.check()
    problems.error(AT, "b", "no", hint="did you mean 'yes'?")
    with pytest.raises(FileRefused, match=r"^soc2.yaml:21:24: error\[b\] no; did you mean 'yes'\?$") as caught:
        problems.check()
    assert isinstance(caught.value, ConfigurationError)
    assert len(caught.value.diagnostics) == 3


def test_the_message_counts_the_other_errors() -> None:
    error = FileRefused([Diagnostic("x", 1, 1, "a", "one"), Diagnostic("x", 2, 1, "a", "two")])
    assert str(error) == "x:1:1: error[a] one (and 1 more)"


@pytest.mark.parametrize("text", ["two words", "a" * 33, "sk:123", "é", "", "1st"])
def test_only_what_looks_like_a_name_is_shown(text: str) -> None:
    assert shown(text) == "this"
    assert shown("min_cuont") == "'min_cuont'"


def test_the_nearest_word_is_offered_or_all_of_a_few() -> None:
    assert did_you_mean("min_cuont", ["min_count", "min_score"]) == "did you mean 'min_count'?"
    assert did_you_mean("xyz", ["block", "pin"]) == "known here: block, pin"
    assert did_you_mean("xyz", [f"word{n}" for n in range(20)]) == ""
    assert did_you_mean("xyz", []) == ""


def test_a_terminal_is_told_every_error_and_no_warning() -> None:
    problems = Problems()
    problems.error(Place("a.yaml", 3, 5), "bad-name", "expected a name")
    problems.warning(Place("a.yaml", 4, 1), "unused", "nobody needs this")
    problems.error(Place("a.yaml", 7, 1), "unknown-key", "no key here")
    refused = FileRefused(problems.found)
    assert refused.message == "a.yaml:3:5: error[bad-name] expected a name (and 1 more)"
    assert refused.said().splitlines() == [
        "ringfence: a.yaml:3:5: error[bad-name] expected a name",
        "ringfence: a.yaml:7:1: error[unknown-key] no key here",
    ]
    assert FileRefused(()).said() == "ringfence: refused\n"
