import time
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.detection.recognizers.base import Recognizer

Load = Callable[[str], Recognizer]


def listed(words: str) -> str:
    return f"lists:\n  - {{name: projects, type: PROJECT, {words}}}\n"


def found(recognizer: Recognizer, text: str) -> list[str]:
    return [text[match.start : match.end] for match in recognizer.find(text)]


def test_words_are_found_in_any_case_and_only_whole(recognizer: Load) -> None:
    projects = recognizer(listed("words: [Bluebird], score: 0.7"))
    assert projects.emits == {"PROJECT": 0.7}
    text = "BLUEBIRD, bluebird's and project_bluebird, but no bluebirds or Xbluebird"
    assert found(projects, text) == ["BLUEBIRD", "bluebird", "bluebird"]
    assert {match.value for match in projects.find(text)} == {"bluebird"}


def test_a_phrase_may_be_put_together_in_any_way(recognizer: Load) -> None:
    projects = recognizer(listed("words: [Operation Nightfall, x-15]"))
    text = "operation-nightfall OPERATION_NIGHTFALL operation\nnightfall X 15; operation of nightfall"
    assert found(projects, text) == ["operation-nightfall", "OPERATION_NIGHTFALL", "operation\nnightfall", "X 15"]


def test_accents_make_no_difference(recognizer: Load) -> None:
    assert found(recognizer(listed("words: [Kärcher]")), "karcher KÄRCHER Ka\u0308rcher"[:15]) == ["karcher", "KÄRCHER"]


def test_the_longest_phrase_that_begins_with_a_word_counts(recognizer: Load) -> None:
    assert found(recognizer(listed("words: [red, red fox, red fox run]")), "red fox runs, red") == ["red fox", "red"]


def test_words_stand_in_a_file_as_well(recognizer: Load, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("# ours\nBluebird\n\n  Operation Nightfall \n", encoding="utf-8")
    projects = recognizer(listed("file: words.txt, words: [Redwood]"))
    assert found(projects, "bluebird, operation nightfall, redwood, ours") == [
        "bluebird",
        "operation nightfall",
        "redwood",
    ]


def test_other_words_are_another_version(recognizer: Load, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("Bluebird\n")
    first = recognizer(listed("file: words.txt")).version
    (tmp_path / "words.txt").write_text("Bluebird\nRedwood\n")
    assert recognizer(listed("file: words.txt")).version != first


def test_a_long_list_is_searched_in_linear_time(recognizer: Load, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("\n".join(f"code {n} name" for n in range(20_000)))
    projects = recognizer(listed("file: words.txt"))
    started = time.monotonic()
    assert found(projects, "code " * 20_000 + "code 7 name") == ["code 7 name"]
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("words", "at", "code"),
    [
        ("score: 0.5", "{", "too-few"),
        ("words: ['...']", "'...'", "bad-text"),
        ("words: [[a]]", "[a]", "wrong-type"),
        (f"words: [{'many ' * 17}]", "many", "bad-text"),
        ("file: nowhere.txt", "nowhere", "unreadable"),
        ("file: latin.txt", "latin", "not-utf8"),
        ("file: empty.txt", "empty", "bad-text"),
    ],
)
def test_mistakes_are_told_where_they_are(
    faults: Callable[[str], list[str]], tmp_path: Path, words: str, at: str, code: str
) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "empty.txt").write_text("# nothing yet\n")
    text = listed(words)
    assert faults(text) == [f"2:{text.splitlines()[1].index(at) + 1} {code}"]
