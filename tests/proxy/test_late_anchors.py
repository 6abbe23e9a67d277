"""The alarm of an anchor that lags."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.access import Filters, Records
from audit.errors import AuditUnavailable
from audit.log import AuditLog
from proxy.checkpoints import Checkpoints
from proxy.late_anchors import ALARM_S


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[AuditLog]:
    made = AuditLog.open(tmp_path / "audit.db", keys=tmp_path / "keys", origin="log.example/audit", deadline_s=5)
    yield made
    made.close()


def test_the_alarm_of_an_anchor_that_is_not_used_any_more_is_closed(audit: AuditLog) -> None:
    checkpoints = Checkpoints(audit)
    checkpoints.report(anchors={"file": ALARM_S + 1, "audit": ALARM_S + 1})
    checkpoints.report(anchors={"audit": ALARM_S + 1})
    opened = Records(audit.place).page(Filters(kind="incident.opened"), limit=9).records
    closed = Records(audit.place).page(Filters(kind="incident.closed"), limit=9).records
    ends = {one.body["incident"]: one.body["how"] for one in closed}
    assert {one.body["about"]: ends.get(one.body["incident"]) for one in opened} == {
        "file": "not_used_any_more",
        "audit": None,
    }


def incidents(audit: AuditLog) -> list[tuple[str, str]]:
    records = Records(audit.place).page(Filters(), after=-1, limit=1000).records
    bodies = [record.body for record in records if record.body["kind"].startswith("incident.")]
    return [(body["kind"], body.get("what") or body["how"]) for body in bodies]


OPENED, CLOSED = ("incident.opened", "anchor_behind"), ("incident.closed", "caught_up")


def test_t38_an_anchor_that_lags_for_an_hour_is_one_incident_until_it_has_caught_up(
    audit: AuditLog, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoints = Checkpoints(audit)
    for age in (0, ALARM_S, ALARM_S + 1, ALARM_S + 11, 24 * ALARM_S):
        checkpoints.report(anchors={"file": 0, "audit": age})
    assert incidents(audit) == [OPENED]
    assert [(one.levelno, "anchor audit" in one.getMessage()) for one in caplog.records] == [(logging.ERROR, True)]
    assert checkpoints.not_ready() is None  # but where a setting says so
    checkpoints.report(anchors={"file": 0, "audit": 0})
    checkpoints.report(anchors={"file": ALARM_S + 1, "audit": 0})
    assert incidents(audit) == [OPENED, CLOSED, OPENED]


def test_an_alarm_that_could_not_be_recorded_is_raised_with_the_next_report(
    audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = Checkpoints(audit)

    def full(*_: object) -> None:
        raise AuditUnavailable("full")

    with monkeypatch.context() as broken:
        broken.setattr(audit, "append_sync", full)
        checkpoints.report(anchors={"audit": ALARM_S + 1})
    assert incidents(audit) == []
    for _ in range(2):
        checkpoints.report(anchors={"audit": ALARM_S + 1})
    assert incidents(audit) == [OPENED]
