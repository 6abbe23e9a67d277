import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.files.diagnostics import Diagnostic, FileRefused, Problems
from proxy.files.source import MAX_BYTES, MAX_NODES, load, parse, read


def refused(data: bytes) -> list[str]:
    with pytest.raises(FileRefused) as caught:
        parse(data, "x.yaml")
    return [f"{found.line}:{found.col} {found.code}" for found in caught.value.diagnostics]


def test_every_value_and_key_knows_its_place() -> None:
    root = parse(b"a:\n  - b: {c: word}\n", "x.yaml")
    inner = root.entries["a"][1].members[0].entries["b"][1].entries["c"]
    assert [(node.line, node.col, node.width) for node in inner] == [(2, 9, 1), (2, 12, 4)]
    assert str(inner[1].place) == "x.yaml:2"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: &x 1\n", ["1:4 anchor"]),
        (b"a: *x\n", ["1:4 alias"]),
        (b"a: !!str x\n", ["1:4 tag"]),
        (b"!thing {a: 1}\n", ["1:1 tag"]),
        (b"<<: {a: 1}\n", ["1:1 merge-key"]),
        (b"a: 1\nb: 2\na: 3\n", ["3:1 duplicate-key"]),
        (b"5: 1\n'5': 2\n", ["2:1 duplicate-key"]),
        (b"? [a, b]\n: c\n", ["1:3 bad-key"]),
        (b"%YAML 1.1\n---\na: 1\n", ["1:1 directive"]),
        (b"---\na: 1\n---\nb: 2\n", ["3:1 many-documents"]),
        (b"", ["1:1 empty"]),
        (b"# only a comment\n", ["2:1 empty"]),
        (b"a:\n\t- b\n", ["2:1 not-yaml"]),
        (b"a: [1,\n b: {c]}\n", ["2:7 not-yaml"]),
        (b'a: "\\UFFFFFFFF"\n', ["1:7 not-yaml"]),
        (b"a: \xff\n", ["1:4 not-utf8"]),
        ("ä: \u202e\n".encode(), ["1:4 invisible-character"]),
        ("a: x\u200by\n".encode(), ["1:5 invisible-character"]),
        ("a: x\u2028y\n".encode(), ["1:5 invisible-character"]),
        (b"\xef\xbb\xbfa: 1\n", ["1:1 invisible-character"]),
        (b"a: x\x00\n", ["1:5 invisible-character"]),
        (b"a: x\ry: z\n", ["1:5 invisible-character"]),
        (b"a: \xee\x80\x80\n", ["1:4 invisible-character"]),
    ],
)
def test_what_is_not_strict_yaml_is_refused_where_it_stands(data: bytes, expected: list[str]) -> None:
    assert refused(data) == expected


def test_a_file_that_is_as_it_was_is_not_parsed_again_and_one_that_is_refused_is() -> None:
    assert parse(b"a: 1", "f.yaml") is parse(b"a: 1", "f.yaml")
    assert parse(b"a: 1", "g.yaml").file == "g.yaml"
    assert parse(b"a: 2", "f.yaml").entries["a"][1].raw == "2"
    for _ in range(2):
        with pytest.raises(FileRefused):
            parse(b"a: [", "f.yaml")


def test_several_mistakes_are_reported_at_once() -> None:
    assert refused(b"a: &x 1\nb: *x\n<<: 3\na: 2\n") == [
        "1:4 anchor",
        "2:4 alias",
        "3:1 merge-key",
        "4:1 duplicate-key",
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000, b"{" * 100_000, b"- " * 100_000, b"? " * 100_000, b"[a," * 50_000, b"a: " * 50_000,
        b"{a: " * 50_000, b"x: " + b"9" * 200_000, b"%YAML " + b"9" * 5_000 + b".1\n---\na", b"x: 1e99999999",
        b"[" + b"a," * (MAX_NODES + 1) + b"]", b"a" * (MAX_BYTES + 1), b'"' + b"\\x41" * 50_000, b"|" + b"\n" * 100_000,
        b"a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n" * 100,
    ],
    ids=lambda data: data[:12].decode(),
)  # fmt: skip
def test_bombs_cost_a_diagnostic_and_little_time(data: bytes) -> None:
    started = time.process_time()
    problems = Problems()
    with pytest.raises(FileRefused):  # noqa: PT012  # the second step refuses what the first accepts
        parse(data, "x.yaml").fields(problems, required=["x"])["x"].integer(problems)
        problems.check()
    assert time.process_time() - started < 8


@given(st.binary(max_size=200) | st.text("ab:-[]{}&*!|>'\"%@`\t\n ,?#<~\u202e\\x0", max_size=60).map(str.encode))
def test_any_bytes_give_a_node_or_diagnostics_without_quoting_them(data: bytes) -> None:
    found: tuple[Diagnostic, ...] = ()
    try:
        parse(b"a: 1\n" + data, "x.yaml")
    except FileRefused as error:
        found = error.diagnostics
    assert all(item.line >= 1 and item.col >= 1 and re.fullmatch(r"[ -~]+", item.message) for item in found)


@pytest.mark.parametrize("data", [b"a: @hunter2pass", b"!hunter2pass!y z", b'a: "\\qhunter2pass"', b"a: *hunter2pass",
                                  b"%hunter2pass x\n---\na: &hunter2pass 1", b"hunter2pass!: 1\nhunter2pass!: 1",
                                  b"a: 'hunter2pass", b"hunter2pass"])  # fmt: skip
def test_a_refusal_never_repeats_a_value(data: bytes) -> None:
    problems = Problems()
    with pytest.raises(FileRefused) as caught:  # noqa: PT012  # the second step refuses what the first accepts
        parse(data, "x.yaml").fields(problems, required=["a"])["a"].integer(problems)
        problems.check()
    assert all("hunter2pass" not in str(found) for found in caught.value.diagnostics)


def test_a_file_that_cannot_be_read_is_a_diagnostic(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as caught:
        load(tmp_path / "gone.yaml")
    assert caught.value.diagnostics[0].code == "unreadable"
    (tmp_path / "big.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(FileRefused) as caught:
        load(tmp_path / "big.yaml")
    assert caught.value.diagnostics[0].code == "too-large"


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_refused_at_once_and_never_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "p.yaml")
    with pytest.raises(FileRefused) as caught:
        read(tmp_path / "p.yaml")
    assert [found.code for found in caught.value.diagnostics] == ["unreadable"]


def test_windows_line_ends_are_accepted() -> None:
    assert parse(b"a: x\r\nb: y\r\n", "x.yaml").entries["b"][1].raw == "y"
