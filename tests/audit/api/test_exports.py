"""Exports over HTTP: asked for on record, followed, taken; test_exporting has what becomes of them."""

import json
from typing import Any

import pytest

from audit.export_job import Job
from audit.records.record import new_id


def keep(service: Any, **more: Any) -> Job:
    """Leave a job as an earlier process would."""
    from dataclasses import asdict

    job = Job(new_id(), {"kind": "api_key", "id": "ak_1"}, "2026-10-01T12:00:00.000000Z", **more)
    service.folder.mkdir(exist_ok=True)
    (service.folder / f"{job.id}.json").write_text(json.dumps(asdict(job)))
    (service.folder / f"{job.id}.tar").write_bytes(b"a pack")
    return job


def test_an_export_is_recorded_under_its_own_id_before_it_begins(service: Any) -> None:
    size = service.sign().size
    body = {"from": "2026-09-01T00:00:00Z", "to": None, "as_of": float(size)}
    answer = service.ask("POST", "/exports", json=body, key="auditor")
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/audit/v1/exports/{job['id']}"
    assert (job["state"], job["from"], job["as_of"]) == ("queued", "2026-09-01T00:00:00.000000Z", size)
    (read,) = service.reads()
    assert (read["id"], read["job"], read["what"], read["size"]) == (job["id"], job["id"], "export", size)
    assert read["filters"] == ["from"]
    shown = service.get(f"/exports/{job['id']}").json()
    assert shown["state"] == "interrupted"  # nothing ran it here, and this is another start
    assert [one["id"] for one in service.get("/exports").json()["exports"]] == [job["id"]]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"from": "2026-09-02T00:00:00Z", "to": "2026-09-01T00:00:00Z"}, 409, "export_empty"),
        ({"as_of": 4}, 404, "not_found"),
        ({"as_of": 0}, 400, "invalid_request"),
        ({"as_of": True}, 400, "invalid_request"),
        ({"as_of": 1.5}, 400, "invalid_request"),
        ({"as_of": 1e300}, 400, "invalid_request"),
        ({"from": 7}, 400, "invalid_request"),
        ({"since": "x"}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_leaves_nothing(body: Any, status: int, code: str, service: Any) -> None:
    answer = service.ask("POST", "/exports", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert service.reads() == []
    assert list(service.folder.iterdir()) == []


def test_a_pack_is_taken_whole_and_that_is_a_record(service: Any) -> None:
    job = keep(service, state="done", sha256="5" * 64, rows=3)
    answer = service.get(f"/exports/{job.id}/pack")
    assert (answer.content, answer.headers["content-type"]) == (b"a pack", "application/x-tar")
    assert answer.headers["content-length"] == "6"
    (read,) = service.reads()
    assert (read["what"], read["job"], read["sha256"], read["rows"]) == ("pack", job.id, "5" * 64, 3)
    head = service.ask("HEAD", f"/exports/{job.id}/pack")
    assert (head.content, head.headers["content-length"]) == (b"", "6")


def test_a_pack_that_is_not_there_is_not_given(service: Any) -> None:
    failed, gone = keep(service, state="failed"), keep(service, state="done", sha256="5" * 64)
    (service.folder / f"{gone.id}.tar").unlink()
    assert service.get(f"/exports/{failed.id}/pack").json()["error"]["code"] == "export_unfinished"
    assert service.get(f"/exports/{gone.id}/pack").status_code == 404
    for job in (new_id(), "..", "%2e%2e", "x"):
        assert service.get(f"/exports/{job}/pack").status_code == 404
    assert service.reads() == []


def test_a_folder_that_cannot_be_written_is_a_clean_refusal(service: Any) -> None:
    service.folder.touch()
    answer = service.ask("POST", "/exports", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "exports_unavailable")
    assert service.reads() == []
