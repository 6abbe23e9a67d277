"""Heads in a bucket, at a server that speaks S3: locked, found again, and not hidden by who may write there, too."""

import datetime as dt
import secrets
import socket
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from audit.anchors import s3 as anchor_s3
from audit.anchors.s3 import NotKept, S3Keeper, split
from audit.errors import AuditMismatch
from audit.proofs.checkpoint import MAX_SIZE, Checkpoint
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.verification.trust import Trust

SIGNER = Signer("log.example/audit", bytes(32))
DAYS = 400


def note(size: int) -> bytes:
    return Note(Checkpoint(SIGNER.name, size, size.to_bytes(32, "big")).encode()).signed(SIGNER).encode()


SESSION = cache(boto3.session.Session)
"""What it reads, of hundreds of services, is the same for all."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    yield "http://{}:{}".format(*running.get_host_and_port())
    running.stop()


class Bucket:
    """A bucket of its own, and whoever else may write it."""

    def __init__(self, name: str, *, locked: bool = True) -> None:
        self.name, self.s3 = name, boto3.session.Session().client("s3")
        self.s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)

    def keeper(self, prefix: str = "heads") -> S3Keeper:
        return S3Keeper(f"s3://{self.name}/{prefix}", DAYS)

    def put(self, name: int | str, content: bytes) -> str:
        key = f"heads/{name:019d}" if isinstance(name, int) else name
        return str(self.s3.put_object(Bucket=self.name, Key=key, Body=content)["VersionId"])

    def delete(self, size: int) -> None:
        self.s3.delete_object(Bucket=self.name, Key=f"heads/{size:019d}")

    def objects(self) -> dict[str, Any]:
        return {one["Key"]: one for one in self.s3.list_object_versions(Bucket=self.name)["Versions"]}


def small_pages(keeper: S3Keeper) -> S3Keeper:
    """Have it list two versions at a time, as if there were thousands."""

    def smaller(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = 2

    keeper._s3 = keeper._connected()
    keeper._s3.meta.events.register("provide-client-params.s3.ListObjectVersions", smaller)
    return keeper


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """What AWS's libraries look for: nothing of this machine's."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def bucket(server: str, surroundings: pytest.MonkeyPatch) -> Bucket:
    surroundings.setenv("AWS_ENDPOINT_URL_S3", server)
    surroundings.setenv("AWS_ACCESS_KEY_ID", "invented")
    surroundings.setenv("AWS_SECRET_ACCESS_KEY", "invented")
    surroundings.setattr("boto3.session.Session", SESSION)
    return Bucket(f"heads-{secrets.token_hex(6)}")


def test_the_last_of_the_heads_is_kept_locked_under_its_size_and_is_what_a_verifying_person_reads(
    bucket: Bucket,
) -> None:
    keeper = bucket.keeper()
    assert keeper.newest() is None
    keeper.keep([note(4), note(9)])
    assert keeper.newest() == bucket.keeper().newest() == note(9)
    (key,) = bucket.objects()
    assert key == "heads/0000000000000000009"
    there = bucket.s3.get_object(Bucket=bucket.name, Key=key)
    assert there["ObjectLockMode"] == "COMPLIANCE"
    left = there["ObjectLockRetainUntilDate"] - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=DAYS - 1) < left < dt.timedelta(days=DAYS, minutes=1)
    assert len(Trust.read([there["Body"].read()]).heads) == 1
    with pytest.raises(ClientError, match="AccessDenied"):
        bucket.s3.delete_object(Bucket=bucket.name, Key=key, VersionId=there["VersionId"])


def test_the_newest_is_found_among_many_and_what_was_listed_once_is_not_listed_again(bucket: Bucket) -> None:
    for size in (1, 9, 10, 99_999, 100_000, MAX_SIZE - 1):
        bucket.put(size, note(size))
    keeper = small_pages(bucket.keeper())
    assert keeper.newest() == note(MAX_SIZE - 1)
    asked: list[str] = []
    keeper._s3.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))
    assert keeper.newest() == note(MAX_SIZE - 1)
    assert asked == ["ListObjectVersions"]


def test_t8_whoever_may_write_the_bucket_hides_nothing_by_another_version_or_a_mark(bucket: Bucket) -> None:
    keeper = bucket.keeper()
    for size in (5, 9):
        keeper.keep([note(size)])
    for attack in (lambda: bucket.put(9, note(7)), lambda: bucket.put(9, b""), lambda: bucket.delete(9)):
        attack()
        assert keeper.newest() == bucket.keeper().newest() == note(9)
    assert [one["Key"] for one in bucket.s3.list_objects_v2(Bucket=bucket.name)["Contents"]] == [
        "heads/0000000000000000005"  # what a reader would find who does not know of versions
    ]
    keeper.keep([note(9)])
    assert keeper.newest() == note(9)
    keeper.keep([note(12)])
    assert bucket.keeper().newest() == note(12)


def test_a_head_that_was_put_over_many_times_is_still_the_first(bucket: Bucket) -> None:
    keeper = small_pages(bucket.keeper())
    keeper.keep([note(9)])
    for _ in range(5):
        bucket.put(9, note(1))
    assert keeper.newest() == note(9)
    for _ in range(2 * anchor_s3.MAX_PAGES):
        bucket.put(9, note(1))
    assert keeper.newest() == note(9)
    with pytest.raises(NotKept, match="written over too often"):
        small_pages(bucket.keeper()).newest()


def test_another_head_of_so_many_records_that_was_there_first_is_not_replaced(bucket: Bucket) -> None:
    bucket.put(9, note(8))
    keeper = bucket.keeper()
    with pytest.raises(NotKept, match="PreconditionFailed"):
        keeper.keep([note(9)])
    assert keeper.newest() == note(8)  # whose contradiction is the signer's to find


def test_a_server_without_conditions_is_asked_without_any(bucket: Bucket) -> None:
    keeper = bucket.keeper()
    put, tried = keeper._put, list[dict[str, str]]()

    def old(s3: Any, size: int, content: bytes, **only: str) -> None:
        tried.append(only)
        if only:
            raise ClientError({"Error": {"Code": "NotImplemented"}}, "PutObject")
        put(s3, size, content)

    keeper._put = old  # type: ignore[method-assign]
    keeper.keep([note(9)])
    assert tried == [{"IfNoneMatch": "*"}, {}]
    assert keeper.newest() == note(9)


@pytest.mark.parametrize(
    "name", ["heads/readme", "heads/9", "heads/000000000000000000x", "heads/0000000000000000009.b"]
)
def test_a_prefix_that_holds_anything_else_is_refused(bucket: Bucket, name: str) -> None:
    bucket.put(name, b"?")
    with pytest.raises(NotKept, match="something other than heads"):
        bucket.keeper().newest()
    assert bucket.keeper("others").newest() is None


def test_a_mark_that_something_was_deleted_of_which_nothing_is_left_is_said(bucket: Bucket) -> None:
    bucket.keeper().keep([note(9)])
    version = bucket.put(500, note(500))
    bucket.delete(500)
    bucket.s3.delete_object(Bucket=bucket.name, Key="heads/0000000000000000500", VersionId=version)
    with pytest.raises(NotKept, match="only a mark"):
        bucket.keeper().newest()


def test_a_bucket_without_object_lock_keeps_no_heads(bucket: Bucket) -> None:
    open_to_all = Bucket(f"{bucket.name}-open", locked=False)
    for use in (open_to_all.keeper().newest, lambda: open_to_all.keeper().keep([note(1)])):
        with pytest.raises(NotKept, match="has no Object Lock"):
            use()
    assert open_to_all.s3.list_objects_v2(Bucket=open_to_all.name)["KeyCount"] == 0


def test_a_bucket_that_is_not_there_is_said_by_its_code(bucket: Bucket) -> None:
    with pytest.raises(NotKept, match="answers NoSuchBucket"):
        S3Keeper("s3://nobodys-bucket", DAYS).newest()


def test_without_credentials_nobody_waits_for_any(bucket: Bucket, surroundings: pytest.MonkeyPatch) -> None:
    surroundings.delenv("AWS_ACCESS_KEY_ID")
    surroundings.setattr("boto3.session.Session", type(boto3.session.Session()))  # a new one, which knows of none
    with pytest.raises(NotKept, match="NoCredentialsError"):
        bucket.keeper().newest()


def test_t38_a_server_that_hangs_is_given_up(bucket: Bucket, surroundings: pytest.MonkeyPatch) -> None:
    surroundings.setattr(anchor_s3, "READ_S", 0.2)
    surroundings.setattr(anchor_s3, "ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        surroundings.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{hanging.getsockname()[1]}")
        with pytest.raises(NotKept, match="ReadTimeoutError"):
            bucket.keeper().newest()
    with pytest.raises(NotKept, match="EndpointConnectionError"):
        bucket.keeper().newest()


def test_without_the_library_there_is_no_keeper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(AuditMismatch, match="pip install boto3"):
        S3Keeper("s3://heads", DAYS)


def test_the_bucket_and_the_beginning_of_names_are_told_apart() -> None:
    assert split("s3://heads-nordwind") == split("s3://heads-nordwind/") == ("heads-nordwind", "")
    assert split("s3://heads/a/b") == split("s3://heads/a/b/") == ("heads", "a/b/")
    for wrong in ("heads", "s3://", "s3:///a", "s3://He/a", "https://heads/a", "s3://heads/a b", "s3://user:x@heads/a"):
        with pytest.raises(ValueError, match="s3://BUCKET/PREFIX"):
            split(wrong)
