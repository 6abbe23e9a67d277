from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.export_job import INTERRUPTED, Job, read

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
JOBS = st.builds(
    Job, TEXT, st.dictionaries(TEXT, TEXT, max_size=3), TEXT, state=st.just(INTERRUPTED), done=st.integers(0, 2**53)
)


@given(job=JOBS)
def test_what_is_written_is_read_back(job: Job, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "job.json"
    job.write(path)
    assert read(path) == job


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b'{"id": "1", "what": 1}', b"\xff"])
def test_what_is_no_job_is_none(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    if content is not None:
        path.write_bytes(content)
    assert read(path) is None


def test_its_record_names_what_it_has_of_a_pack() -> None:
    job = Job("1", {"id": "ak_1"}, "2026-10-01", first=3, last=9, sha256="00")
    assert job.record() == {
        "actor": {"id": "ak_1"},
        "from_seq": 3,
        "to_seq": 9,
        "sha256": "00",
        "form": "pack",
        "request": "1",
    }
    assert {"phase", "reason"} <= {field.name for field in fields(job)}
