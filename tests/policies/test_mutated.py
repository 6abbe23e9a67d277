"""Whatever is done to the bytes of a policy, `lint` says where and what, and never ends in a traceback.

The shipped files are cut, flipped, nested, repeated and filled with what editors and transfers leave behind. Each run
is the real command on real files; `RINGFENCE_TEST_EXAMPLES=N` tries more of them.
"""

import json
import os
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policies.conftest import SHIPPED
from typer.testing import CliRunner

from proxy.files import source
from proxy.policy import cli
from proxy.policy.codes import pages
from proxy.policy.commands.common import Injected

ORIGINAL = {path.name: path.read_bytes() for path in sorted(SHIPPED.glob("*.yaml"))}
EXAMPLES = int(os.environ.get("RINGFENCE_TEST_EXAMPLES", "40"))
EXITS = {0, 1, 4}
"""Fine, findings, and findings that are failed tests alone."""

INSERTS = [
    b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\r\n", b"\r", b"\t", b"\x85", b"\x1b[31m", "\u2028".encode(),
    "\u200b".encode(), "\u202e".encode(), "\ufb01".encode(), "\U000e0041".encode(), b"\xed\xa0\x80", b"*", b"&a ",
    b"*a", b"!!python/object:os.system ", b"<<: ", b"---\n", b"%YAML 1.1\n", b"? ", b": ", b"- ", b"#", b"'", b'"',
    b'"\\UFFFFFFFF"', b"|2\n", b">-\n", b"9" * 5_000, b"1e999999", b"-0", b".nan", b"0x" + b"f" * 400, b"1_000",
    b"[" * 60, b"{a: " * 60, b"- " * 60, b"[]", b"{}", b"{", b"}", b"]", b"~", b"null", b"true", b"x" * 3_000,
    b"\npolicy: again\n", b"\nrules: []\n", b"\ntests: [{}]\n", b"\nrules: [null, 1, [], {}]\n",
]  # fmt: skip

places = st.integers(0, 10_000)


def at(data: bytes, place: int) -> int:
    """Return a place in the bytes."""
    return place * len(data) // 10_001


def flipped(data: bytes, place: int, bit: int) -> bytes:
    """Flip one bit."""
    n = at(data, place)
    return data[:n] + bytes([data[n] ^ (1 << bit)]) + data[n + 1 :] if data else data


def put(data: bytes, place: int, what: bytes) -> bytes:
    """Put bytes in."""
    return data[: at(data, place)] + what + data[at(data, place) :]


def repeated(data: bytes, place: int) -> bytes:
    """Write one line twice: a key or an id that is there already."""
    lines = data.splitlines(keepends=True)
    n = at(data, place) * len(lines) // max(1, len(data))
    return b"".join([*lines[:n], *lines[n : n + 1], *lines[n:]])


def indented(data: bytes, place: int, by: int) -> bytes:
    """Move one line to the left or to the right."""
    lines = data.splitlines(keepends=True)
    n = at(data, place) * len(lines) // max(1, len(data))
    moved = [b" " * by + line if by > 0 else line.lstrip(b" ") for line in lines[n : n + 1]]
    return b"".join([*lines[:n], *moved, *lines[n + 1 :]])


mutations = st.one_of(
    st.tuples(places, st.integers(0, 7)).map(lambda m: lambda data: flipped(data, *m)),
    places.map(lambda place: lambda data: data[: at(data, place)]),
    places.map(lambda place: lambda data: data[at(data, place) :]),
    st.tuples(places, st.sampled_from(INSERTS)).map(lambda m: lambda data: put(data, *m)),
    st.tuples(places, st.binary(max_size=8)).map(lambda m: lambda data: put(data, *m)),
    st.tuples(places, st.text(max_size=4)).map(lambda m: lambda data: put(data, m[0], m[1].encode("utf-8", "replace"))),
    places.map(lambda place: lambda data: repeated(data, place)),
    st.tuples(places, st.integers(-1, 3)).map(lambda m: lambda data: indented(data, *m)),
    st.just(lambda data: data.replace(b"\n", b"\r\n")),
    st.just(lambda data: b"\xef\xbb\xbf" + data),
    st.just(lambda data: data.decode("utf-8", "replace").encode("utf-16")),
    st.just(lambda data: data * (source.MAX_BYTES // max(1, len(data)) + 1)),
)


def lint(files: dict[str, bytes]) -> tuple[int, list[dict[str, object]]]:
    """Run the command in both forms; any exception but the exit is a failure."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        shown = CliRunner().invoke(cli.app, ["lint", folder])
        plain = CliRunner().invoke(cli.app, ["lint", folder, "--format", "json"])
    for result in (shown, plain):
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert "Traceback" not in result.output
    assert shown.exit_code == plain.exit_code
    return plain.exit_code, json.loads(plain.output)


@pytest.fixture(autouse=True)
def nothing_injected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test of this process may have run the whole command line, which sets them."""
    monkeypatch.setattr(cli, "injected", Injected())


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(sorted(ORIGINAL)), several=st.lists(mutations, min_size=1, max_size=3))
def test_whatever_is_done_to_a_file_lint_says_where_and_what(name: str, several: list[object]) -> None:
    data = ORIGINAL[name]
    for mutate in several:
        data = mutate(data)  # type: ignore[operator]
    code, found = lint({**ORIGINAL, name: data[: source.MAX_BYTES + 1]})
    assert code in EXITS
    errors = [item for item in found if item["severity"] == "error"]
    assert bool(errors) == (code != 0)
    for item in found:
        lines = data.count(b"\n") + data.count(b"\r") + 2
        assert item["code"] in pages()
        assert 1 <= int(str(item["line"])) <= max(lines, *(text.count(b"\n") + 2 for text in ORIGINAL.values()))
        assert int(str(item["col"])) >= 1
        assert str(item["file"]) in ORIGINAL
        assert len(str(item["message"])) < 1_000


@pytest.mark.parametrize("what", INSERTS, ids=repr)
def test_each_thing_put_where_a_value_stands_is_met(what: bytes) -> None:
    data = ORIGINAL["pci.yaml"].replace(b"then: pin", b"then: " + what, 1)
    code, found = lint({**ORIGINAL, "pci.yaml": data})
    assert code in EXITS - {0}
    assert Counter(str(item["file"]) for item in found)["pci.yaml"] >= 1


def test_files_with_the_line_ends_of_another_system_are_the_same_policy() -> None:
    assert lint({name: data.replace(b"\n", b"\r\n") for name, data in ORIGINAL.items()}) == (0, [])
