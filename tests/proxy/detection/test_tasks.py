from collections.abc import Callable

import pytest

from proxy.detection.findings import UNSCANNED, Segment, Unit
from proxy.detection.tasks import Hit, Result, failed, gather, lowest_scores, plan


def test_a_unit_has_the_same_task_wherever_it_stands(make_unit: Callable[..., Unit]) -> None:
    first, second = (plan([make_unit("Hello", "there", path=f"messages[{n}]")])[0] for n in (0, 12))
    assert first.task == second.task
    assert first.paths[1] == "messages[0].content[1].content"
    assert second.paths[1] == "messages[12].content[1].content"


def test_a_seam_is_planned_only_where_a_value_may_run_over(make_unit: Callable[..., Unit]) -> None:
    split = [make_unit("card 4111 1111"), make_unit("1111 1111 thanks", path="messages[1]")]
    whole = [make_unit("Hello there."), make_unit("“Hi”, he said", path="messages[1]")]
    assert [item.task.kind for item in plan(split)] == ["unit", "unit", "seam"]
    assert [item.task.kind for item in plan(whole)] == ["unit", "unit"]


def test_a_value_in_three_messages_of_one_speaker_has_a_seam(make_unit: Callable[..., Unit]) -> None:
    parts = [("user", "4111 1111"), ("assistant", "Go on?"), ("user", "1111"), ("user", "1111")]
    units = [make_unit(text, path=f"messages[{n}]", role=role) for n, (role, text) in enumerate(parts)]
    seams = [item.task for item in plan(units) if item.task.kind == "seam"]
    assert any(task.texts[0].text.endswith("4111 11111111") and task.texts[1].text == "1111" for task in seams)


def test_words_of_the_schema_do_not_stand_between(make_unit: Callable[..., Unit]) -> None:
    unit = Unit("m[0]", "user", (Segment("m[0].role", "role", "user"), Segment("m[0].content", "content", "4111 11")))
    planned = plan([unit, make_unit("11 1111 1111")])
    assert planned[-1].task.texts[0].text == "4111 11"


@pytest.mark.parametrize(
    ("before", "after", "runs_over"),
    [
        ("call 555 (mobile) ", "12", False),
        ("call 555 (ab) ", "12", True),
        ("55\u200b\u200b\u200b" + " " * 40, "\n" * 40 + "12", True),
        ("call \uff15\uff15", "\uff11\uff12 later", True),
        ("tok_abc", "def", True),
        ("Who?", "def" * 30, False),
        ("Date of birth?", "12 March 1984", True),
        ("", "def", False),
        (" \n", "def", False),
    ],
)
def test_what_may_run_over_is_judged_by_what_stands_next_to_the_boundary(
    make_unit: Callable[..., Unit], before: str, after: str, runs_over: bool
) -> None:
    planned = plan([make_unit(before), make_unit(after, path="messages[1]", role="assistant")])
    assert [item.task.kind for item in planned[2:]] == ["seam"] * runs_over


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Please run the tests before you finish.", "Thanks, I did so."),
        ("Das ist alles, vielen lieben dank!\n", "Gerne, kein Problem."),
        ("il me faut ce document demain.", "Écoutez, je regarde."),
        ("that is how it works.", "I see"),
    ],
)
def test_nothing_runs_over_from_one_sentence_into_the_next(
    make_unit: Callable[..., Unit], before: str, after: str
) -> None:
    planned = plan([make_unit(before), make_unit(after, path="messages[1]", role="assistant")])
    assert [item.task.kind for item in planned] == ["unit", "unit"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I live at 12 St.", "Albans Road, London"),
        ("we moved to 400 blvd.", "Saint Germain in May"),
        ("write to john.", "smith@example.com today"),
        ("write to ada@mail.", "Example is wrong"),
        ("his mail is ada at example.", "com is behind it"),
        ("the host is 10.20.", "Thirty is next"),
        ("log in with correct.", "Horse.battery.staple now"),
        ("token eyJhbGci.", "Payload goes on"),
        ("the password is below.", "Hunter2 it is"),
        ("the password is below.", "Sunflower"),
        ("sunflower.", "Then more words"),
    ],
)
def test_a_value_with_a_full_stop_may_run_over(make_unit: Callable[..., Unit], before: str, after: str) -> None:
    planned = plan([make_unit(before), make_unit(after, path="messages[1]", role="assistant")])
    assert [item.task.kind for item in planned] == ["unit", "unit", "seam"]


def test_no_value_runs_over_into_the_name_of_the_model(make_unit: Callable[..., Unit]) -> None:
    model, user = Segment("model", "model", "gpt-4o-mini"), Segment("user", "user", "0364 5103")
    message = make_unit("4929 7182")
    assert [item.task.kind for item in plan([message, Unit("", "other", (model, user))])] == ["unit", "unit"]
    (*_, seam) = plan([message, Unit("", "other", (user, model))])
    assert seam.task.texts[1].text == "0364 5103gpt-4o-mini"


def test_a_failed_task_becomes_an_unscanned_finding_at_its_unit(make_unit: Callable[..., Unit]) -> None:
    planned = plan([make_unit("Ok!"), make_unit("“B”", path="messages[1]")])
    hit = Hit("PERSON", 0.85, "spacy", 0, bytes(16))
    scan = gather(planned, [failed("deadline"), Result((hit,), frozenset(), 2)], us=5, segments=2, cached=1)
    assert {(f.entity_type, f.path) for f in scan.findings} == {
        (UNSCANNED, "messages[0]"),
        ("PERSON", "messages[1].content[0].content"),
    }
    assert scan.failures == {"deadline"}
    assert not scan.complete
    assert (scan.views, scan.cached) == (2, 1)


def test_the_highest_score_of_a_value_counts(make_unit: Callable[..., Unit]) -> None:
    hits = tuple(Hit("PERSON", score, "spacy", 0, bytes(16)) for score in (0.4, 0.85, 0.6))
    scan = gather(plan([make_unit("x")]), [Result(hits, frozenset(), 0)], us=0, segments=1, cached=0)
    assert [finding.score for finding in scan.findings] == [0.85]


def test_the_lowest_score_of_several_detectors_wins() -> None:
    assert lowest_scores({"A": 0.5}, {"A": 0.3, "B": 1.0}) == {"A": 0.3, "B": 1.0}
