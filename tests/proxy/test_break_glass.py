"""Two persons, a closed list of reasons, at most an hour, only while the log takes nothing, and never for a vendor."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from audit.errors import AuditUnavailable
from audit.log import AuditLog
from audit.spool.spool import SpoolPlan
from proxy.break_glass import CONFIRM_WITHIN_S, BreakGlass, BreakGlassRefused, grantor
from proxy.errors import RequestRefused, Unavailable
from proxy.identity import Caller, KeyStore, Role, new_key

ANA = Caller("ak_1", "ana", "security", Role.SECURITY)
BEN = Caller("ak_2", "ben", "security", Role.ADMIN)
HERS = replace(ANA, key_id="ak_3")


@contextmanager
def opened(home: Path, *, always: bool = False) -> Iterator[AuditLog]:
    plan = SpoolPlan(home / "spool", always)
    log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/audit", deadline_s=2.0, spool=plan)
    try:
        yield log
    finally:
        log.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    with opened(tmp_path) as made:
        yield made


@pytest.fixture
def down(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> AuditLog:
    """Let the store refuse every commit."""
    break_store(log, monkeypatch)
    return log


def break_store(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise AuditUnavailable("full")

    monkeypatch.setattr(log._store, "commit", refuse)
    with pytest.raises(AuditUnavailable):
        log.append_sync("writer.heartbeat", {"records": 1})


def ask(glass: BreakGlass, minutes: object = 30, reason: object = "danger_to_life", by: Caller = ANA) -> str:
    return str(glass.propose(by, minutes, reason)["proposal"]["id"])


def spooled(log: AuditLog) -> list[Any]:
    return [orjson.loads(text) for part in log.spool.parts() for text, _ in log.spool.texts(part, 1)]


def test_two_persons_open_the_spool_and_who_why_and_until_when_is_the_first_record(down: AuditLog) -> None:
    glass = BreakGlass(down)
    proposed = glass.propose(ANA, 30, "danger_to_life")
    assert not proposed["open"]
    assert not down.spool.is_open()
    said = glass.confirm(BEN, proposed["proposal"]["id"])
    assert said["open"]
    assert "proposal" not in said
    assert down.spool.is_open()
    (record,) = spooled(down)
    assert record["kind"] == "breakglass.granted"
    assert (record["proposer"]["id"], record["confirmer"]["id"]) == ("ak_1", "ak_2")
    assert (record["reason"], record["store"], record["until"]) == ("danger_to_life", "full", said["until"])
    assert said["grant"] == record["id"]


def test_what_one_process_of_a_server_is_told_opens_and_closes_the_spools_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path / "one") as one, opened(tmp_path / "two") as two:
        others: dict[str, Any] = {}

        def tell(op: str, **said: Any) -> None:
            others[op](**orjson.loads(orjson.dumps(said)))

        asked = BreakGlass(one, tell=tell)
        others |= BreakGlass(two).heard()
        for log in (one, two):
            break_store(log, monkeypatch)
        asked.confirm(BEN, ask(asked))
        assert [log.spool.is_open() for log in (one, two)] == [True, True]
        grants = [spooled(log)[0] for log in (one, two)]
        assert grants[0]["id"] != grants[1]["id"], "each is a record of its own"
        assert [(each["proposer"], each["confirmer"]) for each in grants] == [(ANA.actor, BEN.actor)] * 2
        asked.end(ANA)
        assert [log.spool.is_open() for log in (one, two)] == [False, False]


@pytest.mark.parametrize("second", [ANA, HERS], ids=["the same key", "another key of hers"])
def test_one_person_is_not_two(down: AuditLog, second: Caller) -> None:
    glass = BreakGlass(down)
    name = ask(glass)
    with pytest.raises(BreakGlassRefused, match="Another person"):
        glass.confirm(second, name)
    assert not down.spool.is_open()
    assert glass.confirm(BEN, name)["open"]


@pytest.mark.parametrize("minutes", [0, -1, 61, 5.5, "30", True, None], ids=str)
def test_no_other_time_than_up_to_an_hour(down: AuditLog, minutes: object) -> None:
    with pytest.raises(BreakGlassRefused, match="from 1 to 60") as refused:
        ask(BreakGlass(down), minutes)
    assert refused.value.status == 400


@pytest.mark.parametrize("reason", ["because", "", None, 7], ids=str)
def test_no_other_reason_than_those_of_the_list(down: AuditLog, reason: object) -> None:
    with pytest.raises(BreakGlassRefused, match="danger_to_life"):
        ask(BreakGlass(down), 5, reason)


def test_while_the_log_takes_records_there_is_nothing_to_open(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    glass = BreakGlass(log)
    with pytest.raises(BreakGlassRefused, match="takes records"):
        ask(glass)
    with monkeypatch.context() as patch:
        break_store(log, patch)
        name = ask(glass)
    log.append_sync("writer.heartbeat", {"records": 1})
    with pytest.raises(BreakGlassRefused, match="takes records"):
        glass.confirm(BEN, name)


def test_on_a_disk_that_is_full_for_both_there_is_no_room_to_open(log: AuditLog) -> None:
    log.spent = True
    with pytest.raises(BreakGlassRefused, match="make room"):
        ask(BreakGlass(log))


def test_a_proposal_has_to_be_confirmed_in_time_and_a_newer_one_takes_its_place(down: AuditLog) -> None:
    now = [0.0]
    glass = BreakGlass(down, lambda: now[0])
    first = ask(glass)
    second = ask(glass)
    with pytest.raises(BreakGlassRefused, match="no such proposal"):
        glass.confirm(BEN, first)
    now[0] = CONFIRM_WITHIN_S
    assert "proposal" not in glass.state()
    with pytest.raises(BreakGlassRefused, match="no such proposal"):
        glass.confirm(BEN, second)


def test_a_confirmed_proposal_is_used_up(down: AuditLog) -> None:
    glass = BreakGlass(down)
    name = ask(glass)
    glass.confirm(BEN, name)
    for again in (lambda: glass.confirm(BEN, name), lambda: ask(glass)):
        with pytest.raises(BreakGlassRefused):
            again()


def test_what_cannot_be_recorded_is_not_opened(down: AuditLog, tmp_path: Path) -> None:
    glass = BreakGlass(down)
    name = ask(glass)
    (tmp_path / "spool").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="full; its spool: io"):
        glass.confirm(BEN, name)
    assert not down.spool.is_open()
    (tmp_path / "spool").unlink()
    assert glass.confirm(BEN, name)["open"], "the proposal is still there"


def test_anybody_who_may_grant_ends_it_and_that_is_recorded(down: AuditLog) -> None:
    glass = BreakGlass(down)
    with pytest.raises(BreakGlassRefused, match="Nothing is open"):
        glass.end(BEN)
    granted = glass.confirm(BEN, ask(glass))["grant"]
    assert not glass.end(replace(ANA, key_id="ak_9"))["open"]
    assert not down.spool.is_open()
    _, ended = spooled(down)
    assert (ended["grant"], ended["how"], ended["actor"]["id"]) == (granted, "ended", "ak_9")


def test_it_can_be_opened_again_after_it_ended(down: AuditLog) -> None:
    glass = BreakGlass(down)
    first = glass.confirm(BEN, ask(glass))["grant"]
    glass.end(ANA)
    assert glass.confirm(ANA, ask(glass, by=BEN))["grant"] != first


def test_where_requests_go_on_by_themselves_nobody_has_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path, always=True) as log, monkeypatch.context() as patch:
        break_store(log, patch)
        with pytest.raises(BreakGlassRefused, match="spool_local"):
            ask(BreakGlass(log))


def test_only_keys_of_security_and_admin_count(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path / "state.db")
    for role in Role:
        secret, row = new_key(role.value, "team", role, None)
        name = row.id
        keys.add(row)
        if role in {Role.SECURITY, Role.ADMIN}:
            assert grantor(keys, secret).key_id == name
        else:
            with pytest.raises(RequestRefused) as refused:
                grantor(keys, secret)
            assert refused.value.code == "wrong_role"
    with pytest.raises(RequestRefused) as refused:
        grantor(keys, "rf-nothing")
    assert refused.value.code == "invalid_api_key"
    keys.close()
