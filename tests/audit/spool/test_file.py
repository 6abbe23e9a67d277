"""The file of the spool: what is synced is there, what a crash tore is not, and what somebody changed is noticed."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.spool import file as spool_file
from audit.spool.file import DamagedSpoolError, SpoolFile, chained, spool_key, texts

KEY = spool_key(b"m" * 32)
HEADER = b'{"imported":"x"}'
RECORDS = [b'{"n":%d,"pad":"%s"}' % (n, b"p" * 50) for n in range(4)]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SpoolFile]:
    made = SpoolFile(tmp_path / "spool", KEY, HEADER)
    yield made
    made.close()


def fill(file: SpoolFile) -> list[int]:
    """Write all records, synced; return where each line ends."""
    ends = []
    for number, text in enumerate(RECORDS):
        file.add(str(number), text)
        ends.append(file.written)
    file.sync(file.written)
    return ends


def read(path: Path, length: int | None = None) -> list[bytes]:
    with path.open("rb") as content:
        return [text for text, _ in texts(content, KEY, length)]


def test_what_was_written_is_read_in_its_order_each_line_chained_to_the_one_before(file: SpoolFile) -> None:
    fill(file)
    assert read(file.path) == [HEADER, *RECORDS]
    head = bytes(32)
    with file.open() as content:
        for text, stated in texts(content, KEY):
            head = chained(KEY, head, text)
            assert stated == head


def test_a_record_is_read_back_from_the_disk_and_not_from_memory(file: SpoolFile) -> None:
    ends = fill(file)
    assert file.read("2") == RECORDS[2]
    content = bytearray(file.path.read_bytes())
    content[ends[1] + 70] ^= 1
    file.path.write_bytes(content)
    assert file.read("2") is None
    assert file.read("1") == RECORDS[1]


@pytest.mark.parametrize("lost", [1, 2, 60, 130])
def test_a_line_that_a_crash_cut_off_is_passed_over(file: SpoolFile, lost: int) -> None:
    ends = fill(file)
    os.truncate(file.path, ends[3] - lost)
    assert read(file.path) == [HEADER, *RECORDS[: 3 - (lost > ends[3] - ends[2])]]


def test_a_line_whose_data_never_reached_the_disk_is_passed_over(file: SpoolFile) -> None:
    ends = fill(file)
    content = file.path.read_bytes()
    file.path.write_bytes(content[: ends[2]] + bytes(40) + content[ends[2] + 40 :])
    assert read(file.path) == [HEADER, *RECORDS[:3]]


def test_any_bit_that_somebody_flips_before_the_last_line_is_damage_and_what_stood_before_is_still_read(
    file: SpoolFile,
) -> None:
    ends = fill(file)
    content = file.path.read_bytes()
    starts = [content.index(b"\n") + 1, *ends]
    for place in range(0, ends[2], 7):
        file.path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(DamagedSpoolError):
            read(file.path)
        intact = [RECORDS[n] for n in range(4) if ends[n] <= place]
        with file.path.open("rb") as changed:
            reader = texts(changed, KEY)
            assert [next(reader)[0] for _ in range(bool(place >= starts[0]) + len(intact))][1:] == intact


def test_a_line_that_is_complete_and_wrong_is_damage_even_if_it_is_the_last(file: SpoolFile) -> None:
    ends = fill(file)
    content = file.path.read_bytes()
    file.path.write_bytes(content[: ends[3] - 5] + b"X" + content[ends[3] - 4 :])
    with pytest.raises(DamagedSpoolError):
        read(file.path)


def test_lines_that_were_swapped_or_taken_out_or_made_without_the_key_are_damage(file: SpoolFile) -> None:
    fill(file)
    lines = file.path.read_bytes().splitlines(keepends=True)
    other = chained(spool_key(b"n" * 32), bytes.fromhex(lines[2][:64].decode()), b"{}").hex().encode() + b" {}\n"
    for forged in (
        [lines[0], lines[2], lines[1], *lines[3:]],
        [*lines[:2], *lines[3:]],
        lines[1:],
        [*lines[:3], other, *lines[3:]],
        [*lines, other],
    ):
        file.path.write_bytes(b"".join(forged))
        with pytest.raises(DamagedSpoolError):
            read(file.path)


def test_only_what_was_synced_is_read_while_the_file_grows(file: SpoolFile) -> None:
    fill(file)
    file.add("later", b'{"later":1}')
    assert read(file.path, file.synced) == [HEADER, *RECORDS]


def test_who_reads_is_not_disturbed_by_who_writes_meanwhile(file: SpoolFile) -> None:
    made = [b'{"n":%d,"pad":"%s"}' % (n, b"p" * 500) for n in range(60)]
    for number, text in enumerate(made):
        file.add(str(number), text)
    file.sync(file.written)
    found = []
    with file.open() as content:
        for text, _ in texts(content, KEY, file.synced):
            found.append(text)
            file.add(f"later {len(found)}", b'{"later":1}')
    assert found == [HEADER, *made]


def test_a_write_that_fails_halfway_is_taken_back(file: SpoolFile, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(file)
    write = os.write

    def half(descriptor: int, data: bytes) -> int:
        if len(data) < 60:
            raise OSError(errno.ENOSPC, "full")
        return write(descriptor, data[: len(data) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(spool_file.os, "write", half)
        with pytest.raises(OSError, match="full"):
            file.add("lost", b'{"lost":1}' * 20)
    assert not file.holds("lost")
    file.add("after", b'{"after":1}')
    file.sync(file.written)
    assert read(file.path) == [HEADER, *RECORDS, b'{"after":1}']


def test_after_a_sync_that_failed_nothing_is_written_behind_it(
    file: SpoolFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(file)

    def failing(_: int) -> None:
        raise OSError(errno.EIO, "lost")

    file.add("lost", b'{"lost":1}')
    with monkeypatch.context() as patch:
        patch.setattr(spool_file.os, "fsync", failing)
        with pytest.raises(OSError, match="lost"):
            file.sync(file.written)
    assert file.broken
    with pytest.raises(OSError, match="earlier sync"):
        file.add("after", b'{"after":1}')
    with pytest.raises(OSError, match="earlier sync"):
        file.sync(file.written)
    assert read(file.path) == [HEADER, *RECORDS]


def test_one_sync_serves_all_who_wait(file: SpoolFile, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    ends: list[int] = []
    for number, text in enumerate(RECORDS):
        file.add(str(number), text)
        ends.append(file.written)
    monkeypatch.setattr(spool_file.os, "fsync", synced.append)
    for end in reversed(ends):
        file.sync(end)
    assert len(synced) == 1


def test_a_file_that_is_there_is_never_written_over(file: SpoolFile) -> None:
    with pytest.raises(FileExistsError):
        SpoolFile(file.path, KEY, HEADER)


def test_it_is_read_even_when_its_name_was_removed(file: SpoolFile) -> None:
    fill(file)
    file.path.unlink()
    with file.open() as content:
        assert [text for text, _ in texts(content, KEY)] == [HEADER, *RECORDS]
    assert file.read("0") == RECORDS[0]


def test_it_is_for_its_owner_alone(file: SpoolFile) -> None:
    state: Any = file.path.stat()
    assert state.st_mode & 0o077 == 0
