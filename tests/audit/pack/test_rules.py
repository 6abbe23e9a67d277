"""The text of a rule is found as people write it, with its line; what is not there is said to be so."""

import json
import time
from typing import Any

import pytest

from audit.pack.rules import Bundles, Written, files_of

FILE = """\
policy: house

rules:
  - id: first
    then: pin

    # why
    because: "It is."

  - if: {class: pii}
    id: 'second'   # later
    then: block
  - {id: third, then: pin, because: "id: first"}
  - {then: pin, id: fourth}
    # a comment below
tests:
  - name: first
    expect: {rules: [first]}
"""


@pytest.mark.parametrize(
    ("rule", "line", "ends"),
    [
        ("first", 4, 'because: "It is."'),
        ("second", 10, "then: block"),
        ("third", 13, '"id: first"}'),
        ("fourth", 14, "below"),
    ],
)
def test_a_rule_is_found_with_its_text(rule: str, line: int, ends: str) -> None:
    found = Written.of({"other.yaml": "rules: []\n", "house.yaml": FILE}).find(rule, "pin")
    assert (found.id, found.effect, found.file, found.line) == (rule, "pin", "house.yaml", line)
    assert found.text.startswith("  - ")
    assert found.text.endswith(ends)


@pytest.mark.parametrize("rule", ["firs", "first2", "f.rst", "house", "", "id"])
def test_what_is_not_there_is_not_found(rule: str) -> None:
    found = Written.of({"house.yaml": FILE}).find(rule, "pin")
    assert (found.file, found.line, found.text) == ("", 0, "")


def test_an_id_without_an_item_is_no_rule() -> None:
    assert Written.of({"a": "id: lonely\nmore: 1\n"}).find("lonely", "pin").line == 0
    assert Written.of({"a": "- x: 1\nother:\n  id: lonely\n"}).find("lonely", "pin").line == 0


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[]", b"\xff", b'{"files":[{"name":1}]}', b'{"files":3}', b'{"files":[{"name":"a","text":1}]}'],
)
def test_an_archived_text_of_another_form_has_no_files(text: bytes) -> None:
    assert files_of(text) == {}


def test_the_activation_before_a_record_is_the_one_in_force() -> None:
    class Texts:
        def texts(self) -> list[tuple[str, bytes]]:
            def archived(text: str) -> bytes:
                return json.dumps({"files": [{"name": "a.yaml", "text": text}], "v": 1}).encode()

            return [("old", archived("- id: r\n")), ("new", archived("\n- id: r\n"))]

    bundles = Bundles()
    for seq, files in ((1, "old"), (5, "new"), (9, "later")):
        bundles.take(seq, {"kind": "policy.activated", "bundle": {"sha256": "b"}, "files_sha256": files})
    bundles.take(2, {"kind": "audit.read"})
    body = {"kind": "route.decision", "bundle": {"sha256": "b"}, "rules": [{"id": "r", "effect": "pin"}]}
    for seq, activated, files, line in ((4, 1, "old", 1), (6, 5, "new", 2), (10, 9, "later", 0)):
        found = bundles.in_force(seq, body, Texts())  # type: ignore[arg-type]
        assert found is not None
        assert (found.activated, found.files_sha256, found.rules[0].line) == (activated, files, line)
    unknown = bundles.in_force(4, {**body, "bundle": {"sha256": "c"}}, Texts())  # type: ignore[arg-type]
    assert unknown is not None
    assert (unknown.activated, unknown.files_sha256) == (-1, "")
    assert bundles.in_force(4, {"kind": "audit.read"}, Texts()) is None  # type: ignore[arg-type]


def test_of_two_files_of_one_name_the_first_counts_as_in_the_page() -> None:
    files = [{"name": "a", "text": text} for text in ("one", "two")]
    assert files_of(json.dumps({"files": files}).encode()) == {"a": "one"}


HOSTILE = {
    "spaces": " " * 1_000_000,
    "a dash": "-" + " " * 1_000_000,
    "ids in ids": "- {" + "id:" * 330_000,
    "ids far apart": "- {" + ("id:" + " " * 997) * 1000,
    "an id and spaces": "- id: r" + " " * 1_000_000 + "x",
    "many lines": "\n" * 1_000_000,
    "many ids": "".join(f"- id: r{number}\n" for number in range(80_000)),
    "an item without end": "- id: r\n" + "  x\n" * 250_000,
}


@pytest.mark.parametrize("name", [*HOSTILE, "many files"])
def test_texts_that_were_made_to_be_slow_are_read_once_for_all_rules_of_a_sample(name: str) -> None:
    files = {"a.yaml": HOSTILE[name]} if name in HOSTILE else dict.fromkeys(map(str, range(300_000)), "")
    before = time.process_time()
    written = Written.of(files)
    for _ in range(1600):
        written.find("r", "pin")
    assert time.process_time() - before < 10


def test_a_text_of_nothing_but_ids_is_given_up_soon() -> None:
    looked = []

    class Line(str):
        __slots__ = ()

        def lstrip(self, chars: str | None = None, /) -> str:
            looked.append(1)
            return super().lstrip(chars)

    class Text(str):
        __slots__ = ()

        def split(self, sep: str | None = None, maxsplit: Any = -1) -> list[str]:
            return [Line(line) for line in super().split(sep, maxsplit)]

    lines = 1000
    assert Written.of({"a": Text("  id: lonely\n" * lines)}).find("lonely", "pin").line == 0
    assert 0 < len(looked) < 40 * lines
