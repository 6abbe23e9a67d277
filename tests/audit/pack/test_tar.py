"""One form and no other: what is written is read back, the standard library agrees, no changed bit is passed over."""

import os
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.pack import tar
from audit.pack.tar import END, MalformedTar, Range

NAMES = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}){0,2}", fullmatch=True)
FILES = st.dictionaries(NAMES, st.binary(max_size=1500), max_size=4).filter(
    lambda files: len({name.lower() for name in files}) == len(files)
)


def built(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    tar.write(out, ((name, len(content), [content[:7], content[7:]]) for name, content in files.items()))
    return out.getvalue()


@settings(max_examples=50)
@given(FILES)
def test_what_is_written_is_read_back_by_us_and_by_the_standard_library(files: dict[str, bytes]) -> None:
    data = built(files)
    found = tar.read(BytesIO(data))
    assert {name: data[at.offset : at.offset + at.size] for name, at in found.items()} == files
    with tarfile.open(fileobj=BytesIO(data), mode="r:") as theirs:
        assert [member.name for member in theirs] == list(files)
        for member in theirs:
            stands = (member.isreg(), member.mode, member.uid, member.gid, member.mtime, member.uname, member.gname)
            assert stands == (True, 0o644, 0, 0, 0, "", "")
            content = theirs.extractfile(member)
            assert content is not None
            assert content.read() == files[member.name]


def test_no_bit_outside_of_contents_can_be_another() -> None:
    data = built({"a": b"one", "log/b": b""})
    content = range(512, 515)
    for at in range(len(data)):
        for bit in (1, 0x80):
            changed = bytearray(data)
            changed[at] ^= bit
            if at in content:
                assert tar.read(BytesIO(changed)).keys() == {"a", "log/b"}
            else:
                with pytest.raises(MalformedTar):
                    tar.read(BytesIO(changed))


def test_no_other_length_of_the_file_is_read() -> None:
    data = built({"a": b"one", "log/b": b"x" * 600})
    for length in range(0, len(data), 64):
        with pytest.raises(MalformedTar):
            tar.read(BytesIO(data[:length]))
    for more in (b"\0", b"x", bytes(512), data):
        with pytest.raises(MalformedTar, match="behind the end"):
            tar.read(BytesIO(data + more))


@pytest.mark.parametrize(
    "name",
    ["", "/a", "a/", "a//b", "../a", "a/../b", "./a", ".a", "a/.b", "a\\b", "a b", "é", "a\n", "x" * 101, "a\0b"],
)
def test_no_member_can_have_such_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        tar.header(name, 1)


def test_a_name_as_long_as_the_field_and_the_largest_size_fit() -> None:
    made = tar.header("x" * 100, tar.MAX_MEMBER)
    assert len(made) == 512
    assert b"77777777777\0" in made
    with pytest.raises(ValueError, match="too large"):
        tar.header("x", tar.MAX_MEMBER + 1)


@pytest.mark.parametrize("names", [["a", "a"], ["a", "A"], ["log/x", "LOG/x"]])
def test_no_two_names_are_alike(names: list[str]) -> None:
    parts = (tar.header(name, 0) for name in names)
    with pytest.raises(MalformedTar, match="twice"):
        tar.read(BytesIO(b"".join(parts) + END))


def test_a_file_is_none_without_members_but_its_form_is_right() -> None:
    assert tar.read(BytesIO(END)) == {}
    with pytest.raises(MalformedTar):
        tar.read(BytesIO(b""))


def test_what_was_announced_is_written_or_it_is_an_error() -> None:
    with pytest.raises(ValueError, match="announced"):
        tar.write(BytesIO(), [("a", 5, [b"four"])])


def test_only_so_many_members_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = built({"a": b"", "b": b"", "c": b""})
    monkeypatch.setattr(tar, "MAX_MEMBERS", 2)
    with pytest.raises(MalformedTar, match="more than 2"):
        tar.read(BytesIO(data))


def test_members_are_read_side_by_side_and_only_within_their_bounds(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        one, other = tar.content(descriptor, Range(1, 3)), tar.content(descriptor, Range(4, 2))
        assert (one.read(1), other.read(), one.read(), one.read()) == (b"1", b"45", b"23", b"")
        assert (one.seek(-2, os.SEEK_END), one.read(), one.seek(9), one.read()) == (1, b"23", 9, b"")
        assert list(tar.pieces(tar.content(descriptor, Range(0, 10)))) == [b"0123456789"]
        with pytest.raises(OSError, match="shorter"):
            tar.content(descriptor, Range(8, 5)).read()
    finally:
        os.close(descriptor)
