import re

import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.windows import MAX_RUN, WINDOW, after, before, marked, rewrite

A, SPACED = re.compile("a"), re.compile(r"x(?:yz)+")


def shout(text: str, budget: Budget) -> list[str]:
    return list(rewrite(text, A.finditer(text), lambda match: match[0].upper(), budget))


def test_only_the_windows_that_changed_come_back(budget: Budget) -> None:
    text = "word " * 1000 + "a" + " word" * 1000
    (view,) = shout(text, budget)
    assert "word A word" in view
    assert len(view) < 400


@pytest.mark.parametrize("item", ["61 ", "61:", "01100001 ", "0x61, ", "QUJD", "ab-"])
def test_a_window_goes_on_where_an_encoded_run_does(item: str, budget: Budget) -> None:
    run = item * (1200 // len(item))
    (view,) = list(rewrite(f"{run}*{run}", re.finditer(r"\*", f"{run}*{run}"), lambda _: "\n", budget))
    assert view == f"{run}\n{run}"
    (view,) = list(rewrite(f"word {run}* word", re.finditer(r"\*", f"word {run}* word"), lambda _: "!", budget))
    assert view == f"word {run}! word"


def test_even_so_a_window_has_its_bounds_and_overlaps_no_other(budget: Budget) -> None:
    text = "*".join(["QUJD" * 2000] * 20)
    (view,) = rewrite(text, re.finditer(r"\*", text), lambda _: "!", budget)
    assert len(view) < len(text)
    assert view.count("!") == 19
    assert max(map(len, view.split("\n"))) <= 2 * (MAX_RUN + WINDOW) + 1


def test_windows_that_are_near_each_other_are_one(budget: Budget) -> None:
    (view,) = shout(f"a{' word' * 10} a{' word' * 500} a", budget)
    assert view.count("\n") == 1
    assert view.startswith(f"A{' word' * 10} A")


def test_a_rewrite_that_changes_nothing_is_no_view(budget: Budget) -> None:
    assert list(rewrite("aaa", A.finditer("aaa"), lambda match: match[0], budget)) == []
    assert list(rewrite("aaa", A.finditer("aaa"), lambda _: None, budget)) == []
    assert budget.undone == []


def test_what_was_rewritten_is_remembered(budget: Budget) -> None:
    shout("b a", budget)
    assert budget.undone == ["b a"]


def test_matches_are_looked_for_beside_marks_and_do_not_overlap() -> None:
    found = marked("yz xyzyz xyz", SPACED, re.compile("yz"), (-1,))
    assert [match[0] for match in found] == ["xyzyz", "xyz"]


def test_a_window_begins_and_ends_with_whole_words() -> None:
    assert before("one two three", 0, 13, 7) == "three"
    assert after("one two three", 0, 6) == "one "
    assert after("one two three", 0, 60) == "one two three"
