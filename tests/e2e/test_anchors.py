"""A whole server on PostgreSQL, whose signer brings heads to every kind of anchor, and what each is worth then."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from databases import migrate, new_database, server
from harness import NO_TLS, QUICK, StandIn, chat_body, eventually, ringfence, upstreams_file
from moto.server import ThreadedMotoServer
from stamping import Authority, Office
from witnessing import WitnessProcess

from audit.access import Filters, Records
from audit.anchors.s3 import S3Keeper
from audit.keys import load
from audit.log import AuditLog
from audit.place import Postgres
from audit.proofs.note import Note
from audit.sources.postgres import open_source
from audit.verification.report import Report
from audit.verification.trust import Trust
from audit.verification.verifier import verify_source

ORIGIN = "ringfence.local/audit"


@pytest.fixture
def shared() -> Iterator[Postgres]:
    with server() as url, new_database(url) as place:
        migrate(place)
        yield place


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A bucket with Object Lock, for this process and all that it starts."""
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://{}:{}".format(*running.get_host_and_port()))
    for name, value in (("ACCESS_KEY_ID", "invented"), ("SECRET_ACCESS_KEY", "invented"), ("REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(f"AWS_{name}", str(tmp_path / "none"))
    name = f"heads-{secrets.token_hex(6)}"
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    yield f"s3://{name}/log"
    running.stop()


def test_the_heads_of_a_shared_log_reach_every_anchor_and_each_is_worth_what_it_says(
    shared: Postgres, bucket: str, tmp_path: Path, cloud: StandIn
) -> None:
    home, upstreams = tmp_path / "home", upstreams_file(tmp_path / "upstreams.yaml", cloud, None)
    AuditLog.open(shared, keys=home / "keys", origin=ORIGIN, deadline_s=30).close()
    (tmp_path / "w").mkdir()
    witness = WitnessProcess(tmp_path / "w", (load(home / "keys").vkey,))
    policy, heads, root = tmp_path / "witnesses.policy", tmp_path / "heads", tmp_path / "root.pem"
    policy.write_text(f"witness audit {witness.vkey.encode()} {witness.url}\nquorum audit\n")
    authority = Authority(tmp_path / "tsa")
    root.write_bytes(authority.pem)
    with (
        Office(lambda asked: (200, authority.answer(asked))).open() as office,
        ringfence(
            home,
            upstreams,
            audit_url=shared.url,
            anchor_file=heads,
            anchor_witnesses=policy,
            anchor_rfc3161=office.url,
            anchor_rfc3161_certificates=root,
            anchor_s3=bucket,
            **QUICK,
        ) as running,
    ):
        with running.client() as client:
            assert client.post("/v1/chat/completions", json=chat_body()).status_code == 200
        records = Records(shared)

        def receipts() -> set[str]:
            return {one.body["anchor"] for one in records.page(Filters(kind="anchor.receipt")).records}

        assert eventually(lambda: receipts() == {"audit", "rfc3161"}, 60)
        assert eventually(S3Keeper(bucket, 1).newest, 60)
        assert set(ready(running.url)["anchors_behind_s"]) == {"file", "audit", "rfc3161", "s3"}
        said = running.log_path.read_text()
    assert witness.stop() == 0
    assert "the anchor" not in said
    last = Trust.read([heads.read_bytes()]).heads[-1]
    kept, stamped = S3Keeper(bucket, 1).newest(), (home / "signer" / "rfc3161").read_bytes()
    assert kept == last.encode()  # at its end, the signer brings the last one without waiting for its turn
    assert Note.decode(stamped).text == last.text

    assert judged(shared).grade == "signed"
    for trusted, grade in (
        ([heads.read_bytes()], "anchored"),
        ([kept], "anchored"),
        ([root.read_bytes()], "anchored"),
        ([policy.read_bytes()], "witnessed"),
        ([root.read_bytes(), policy.read_bytes()], "witnessed"),
    ):
        report = judged(shared, *trusted)
        assert (report.ok, report.grade) == (True, grade), report.findings
        assert (report.existed is not None) == (root.read_bytes() in trusted)


def judged(place: Postgres, *trusted: bytes) -> Report:
    with closing(open_source(place)) as source:
        return verify_source(source, trust=Trust.read(trusted))


def ready(url: str) -> Any:
    return httpx.get(f"{url}/readyz", trust_env=False, verify=NO_TLS).json()
