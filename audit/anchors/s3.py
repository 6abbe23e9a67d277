"""Keeps heads in a bucket with Object Lock, one object each, which nobody can change or delete before its time is over.

Object Lock protects versions: whoever may write the bucket can still put another version over a head, or a mark that
it is deleted, so that neither is what counts here, but the version that was there first. Names of objects sort by the
number of records, and the largest is found by asking which names follow, not by reading all of them.

Credentials, the region and another server than Amazon's are found as every program finds them that speaks to AWS.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.errors import AuditMismatch
from audit.proofs.checkpoint import MAX_SIZE, Checkpoint
from audit.proofs.note import MAX_BYTES, Note

CONNECT_S, READ_S, ATTEMPTS = 5, 10, 2
DIGITS = len(str(MAX_SIZE))
MAX_PAGES = 10
"""Of a thousand versions each; nobody writes over a head so often by mistake."""
EXISTS, NOT_SUPPORTED, NO_LOCK = "PreconditionFailed", "NotImplemented", "ObjectLockConfigurationNotFoundError"
_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._/-]*))?")
_CODE = re.compile(r"[A-Za-z0-9.]{1,64}")


class NotKept(OSError):
    """The bucket does not do what was hoped for."""


def split(url: str) -> tuple[str, str]:
    """Return the bucket of `s3://BUCKET/PREFIX`, and what names of objects begin with; raises ValueError."""
    found = _BUCKET.fullmatch(url)
    if found is None:
        raise ValueError("is not s3://BUCKET/PREFIX")
    prefix = (found[2] or "").strip("/")
    return found[1], f"{prefix}/" if prefix else ""


class S3Keeper:
    """One log's heads in one bucket, below a prefix of their own. Used by one thread at a time.

    Making one raises AuditMismatch where the library is missing, and reaches for nothing yet.
    """

    every = False

    def __init__(self, url: str, days: int) -> None:
        (self._bucket, self._prefix), self._days = split(url), days
        self._session, self._config, self._exceptions = library()
        self._s3: Any = None
        self._locks = False
        self._largest = -1
        self._known: tuple[int, bytes | None] = (-1, None)
        """A size, and what was put there first: that never changes."""

    def newest(self) -> bytes | None:
        """Return the head of most records, as it was first put there; raises OSError."""
        with self._asked() as s3:
            self._look(s3)
            if self._largest >= 0 and self._known[0] != self._largest:
                self._known = self._largest, self._first(s3, self._largest)
        return self._known[1]

    def keep(self, notes: Sequence[bytes]) -> None:
        """Put the last of these heads there, locked; raises OSError."""
        size = Checkpoint.of(Note.decode(notes[-1])).size
        with self._asked() as s3:
            try:
                self._put(s3, size, notes[-1], IfNoneMatch="*")
            except self._exceptions.ClientError as error:
                code = _code(error)
                if code == NOT_SUPPORTED:
                    self._put(s3, size, notes[-1])
                elif code != EXISTS or self._first(s3, size) != notes[-1]:
                    raise
            self._largest = max(self._largest, size)

    def _put(self, s3: Any, size: int, note: bytes, **only: str) -> None:
        s3.put_object(
            Bucket=self._bucket,
            Key=self._key(size),
            Body=note,
            ContentType="text/plain; charset=utf-8",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(days=self._days),
            **only,
        )

    def _look(self, s3: Any) -> None:
        """Go on from the largest size that is known, over every version and every mark that one was deleted."""
        since = {"KeyMarker": self._key(self._largest)} if self._largest >= 0 else {}
        for page in self._pages(s3, self._prefix, **since):
            named = [one["Key"] for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]
            self._largest = max(self._largest, *map(self._size, named), -1)

    def _first(self, s3: Any, size: int) -> bytes:
        """Return what was put first under a name."""
        key, there = self._key(size), list[Any]()
        for count, page in enumerate(self._pages(s3, key)):
            if count == MAX_PAGES:
                raise NotKept(f"{key} was written over too often: find out by whom")
            there += [one for one in page.get("Versions", ()) if one["Key"] == key]
        if not there:
            raise NotKept(f"{key} is only a mark that it was deleted: find out by whom")
        first = min(reversed(there), key=lambda one: one["LastModified"])  # of one second, S3 gives the last one first
        with closing(s3.get_object(Bucket=self._bucket, Key=key, VersionId=first["VersionId"])["Body"]) as body:
            note: bytes = body.read(MAX_BYTES)
        return note

    def _pages(self, s3: Any, prefix: str, **since: str) -> Iterator[Any]:
        truncated = True
        while truncated:
            page = s3.list_object_versions(Bucket=self._bucket, Prefix=prefix, **since)
            yield page
            truncated = page.get("IsTruncated", False)
            since = {"KeyMarker": page.get("NextKeyMarker"), "VersionIdMarker": page.get("NextVersionIdMarker")}

    def _key(self, size: int) -> str:
        return f"{self._prefix}{size:0{DIGITS}d}"

    def _size(self, key: str) -> int:
        digits = key.removeprefix(self._prefix)
        if len(digits) != DIGITS or not (digits.isascii() and digits.isdecimal()):
            raise NotKept("something other than heads lies there: name a prefix that holds nothing else")
        return int(digits)

    @contextmanager
    def _asked(self) -> Iterator[Any]:
        """Give the client; whatever goes wrong becomes an OSError."""
        try:
            if self._s3 is None:
                self._s3 = self._connected()
            if not self._locks:
                self._locks = self._is_locked()
            yield self._s3
        except self._exceptions.ClientError as error:
            raise NotKept(f"the bucket answers {_code(error)}") from None
        except self._exceptions.BotoCoreError as error:
            raise NotKept(f"the bucket cannot be asked: {type(error).__name__}") from None

    def _connected(self) -> Any:
        tries = {"total_max_attempts": ATTEMPTS, "mode": "standard"}
        bounds = self._config(connect_timeout=CONNECT_S, read_timeout=READ_S, retries=tries)
        return self._session().client("s3", config=bounds)

    def _is_locked(self) -> bool:
        try:
            found = self._s3.get_object_lock_configuration(Bucket=self._bucket)["ObjectLockConfiguration"]
        except self._exceptions.ClientError as error:
            if _code(error) != NO_LOCK:
                raise
            found = {}
        if found.get("ObjectLockEnabled") != "Enabled":
            raise NotKept(f"the bucket {self._bucket} has no Object Lock: whoever may write it could change heads")
        return True


def library() -> tuple[Any, Any, Any]:
    """Return what is used of the library: sessions, configurations, exceptions; raises AuditMismatch."""
    try:
        import boto3.session  # noqa: PLC0415 - only where heads go to a bucket
        import botocore.config  # noqa: PLC0415
        import botocore.exceptions  # noqa: PLC0415
    except ImportError:
        raise AuditMismatch("heads in a bucket need a library that is not here: pip install boto3") from None
    return boto3.session.Session, botocore.config.Config, botocore.exceptions


def _code(error: Any) -> str:
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if _CODE.fullmatch(code) else "with an error"
