import asyncio
import os
import resource
import stat
import threading
from pathlib import Path

import pytest
import uvloop
from receivers import note

from proxy.notify import file as module
from proxy.notify.channels import File as Target
from proxy.notify.delivery import Undelivered
from proxy.notify.file import File


def deliver(path: Path, *texts: str) -> list[str]:
    async def run() -> list[str]:
        sink, said = File(Target(path)), []
        for text in texts:
            try:
                await sink.deliver(note(text))
                said.append("")
            except Undelivered as failed:
                said.append(failed.why)
        await sink.close()
        return said

    return uvloop.run(run())


def test_each_message_is_a_line_behind_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    path.write_text("before\n")
    assert deliver(path, "one", "two") == ["", ""]
    assert path.read_text() == "before\none\ntwo\n"


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        deliver(tmp_path / "n.jsonl", "one")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "n.jsonl").stat().st_mode) == 0o600


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"

    async def run() -> None:
        sink = File(Target(path))
        await sink.deliver(note("one"))
        path.rename(tmp_path / "n.jsonl.1")
        await sink.deliver(note("two"))

    uvloop.run(run())
    assert ((tmp_path / "n.jsonl.1").read_text(), path.read_text()) == ("one\n", "two\n")


def test_a_disk_that_fills_up_within_a_line_leaves_none_of_it(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (25, before[1]))
    try:
        assert deliver(path, "a line of 20 chars..", "another that is cut") == ["", "full"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == "a line of 20 chars..\n"
    assert deliver(path, "there is room again") == [""]
    assert path.read_text() == "a line of 20 chars..\nthere is room again\n"


def test_what_cannot_be_written_has_a_word_of_ours(tmp_path: Path) -> None:
    assert deliver(Path("/dev/full"), "one") == ["full"]
    assert deliver(tmp_path / "none" / "n.jsonl", "one") == ["no_folder"]
    assert deliver(tmp_path, "one") == ["no_file"]


def test_a_link_is_not_followed_to_a_file_that_others_trust(tmp_path: Path) -> None:
    trusted = tmp_path / "trusted"
    trusted.write_text("as it was\n")
    (tmp_path / "n.jsonl").symlink_to(trusted)
    assert deliver(tmp_path / "n.jsonl", "one") == ["no_file"]
    assert trusted.read_text() == "as it was\n"


def test_a_pipe_without_a_reader_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert deliver(tmp_path / "pipe", "one") == ["io"]


def test_while_a_disk_hangs_the_loop_goes_on_and_no_second_write_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, begun, append = threading.Event(), [], module.append

    def hanging(path: Path, text: bytes) -> None:
        begun.append(text)
        go.wait(10)
        append(path, text)

    monkeypatch.setattr(module, "append", hanging)

    async def run() -> str:
        sink = File(Target(tmp_path / "n.jsonl"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await sink.deliver(note("one"))
        with pytest.raises(Undelivered, match="timeout"):
            await sink.deliver(note("two"))
        assert begun == [b"one"]
        go.set()
        async with asyncio.timeout(10):
            while True:
                try:
                    await sink.deliver(note("two"))
                    break
                except Undelivered:
                    await asyncio.sleep(0.01)
        return (tmp_path / "n.jsonl").read_text()

    assert uvloop.run(run()) == "one\ntwo\n"
