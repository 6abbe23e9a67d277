"""Servers share a database and nothing else: what one knows all know, and what happens to one harms no other."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import psycopg
import pytest
from attacks.fleet import DEADLINE_S, PER_MINUTE, PLANTED, Fleet, Trouble, fleet, timed
from databases import Cluster
from harness import eventually
from stateful import Keeper

from audit.access import MAX_LIMIT, Filters, Records
from audit.keys import load
from audit.place import Postgres, place_of
from audit.records.record import ATTEMPT, DECISION, OUTCOME
from audit.sources.postgres import open_source
from audit.verification.verifier import verify_source
from proxy.identity import LOOK_S

SEEN_WITHIN_S = LOOK_S + 2
"""A change of keys, on a busy machine."""
STEADY_S = 1.0
CUT_S = 6.0
HELD_S = 2 * DEADLINE_S
"""A server that is cut off in its transaction keeps the head from the others for less than that."""
LAPSED = "UPDATE ringfence_audit.writer_lease SET seen = seen - interval '1 hour' WHERE epoch = %s"


@pytest.fixture(scope="module")
def ships(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    if not Cluster.possible():
        pytest.skip("a server that may be stopped needs PostgreSQL's initdb, and a user that is not root")
    cloud, onprem = Keeper("cloud"), Keeper("onprem")
    with fleet(tmp_path_factory.mktemp("fleet"), cloud, onprem) as made:
        yield made
    cloud.stop()
    onprem.stop()


def test_what_one_server_is_told_holds_at_every_other(ships: Fleet) -> None:
    one, two, three = ships.servers
    spender, limited = one.key(team="spender"), two.key(team="limited")
    with one.client(spender) as client:
        for number in range(2):
            assert ships.ask(0, client, f"What is {number}?").said == "cloud-us"
    assert_keys_are_everywhere(ships)
    assert_kept_responses_are_found_at_others(ships, two.key())
    with ThreadPoolExecutor(6) as pool, two.client(limited) as here, three.client(limited) as there:
        began = time.monotonic()
        asked = [(1, here), (2, there)] * PER_MINUTE
        said = Counter(pool.map(lambda each: ships.ask(*each, "What is a monad?").said, asked))
        refilled = (time.monotonic() - began) * PER_MINUTE / 60
    assert PER_MINUTE <= said["cloud-us"] <= PER_MINUTE + refilled + 1
    assert said["429 rate_limit_exceeded"] == len(asked) - said["cloud-us"]
    for number in (1, 2):
        with ships.servers[number].client(spender) as client:  # what others spent is written and read in a while
            eventually(lambda at=number, by=client: ships.ask(at, by, "What is a monad?").said == "onprem")


def assert_keys_are_everywhere(ships: Fleet) -> None:
    one, two, three = ships.servers
    made = one.admin("key.create", app="app", team="team", role="app")

    def models(number: int) -> int:
        headers = {"authorization": f"Bearer {made['secret']}"}
        return httpx.get(f"{ships.servers[number].url}/v1/models", headers=headers).status_code

    assert models(0) == 200
    known = [timed(lambda at=at: models(at) == 200, SEEN_WITHIN_S) for at in (1, 2)]
    two.admin("key.revoke", key_id=made["key"]["id"])
    assert models(1) == 401
    gone = [timed(lambda at=at: models(at) == 401, SEEN_WITHIN_S) for at in (0, 2)]
    assert three.admin("key.list") == one.admin("key.list")
    print(f"a new key worked elsewhere after {max(known):.1f} s, a revoked one no more after {max(gone):.1f} s")


def assert_kept_responses_are_found_at_others(ships: Fleet, key: str) -> None:
    def respond(number: int, text: str, **more: Any) -> httpx.Response:
        with ships.servers[number].client(key) as client:
            eventually(lambda: client.get("/v1/models").status_code == 200, SEEN_WITHIN_S)
            return client.post("/v1/responses", json={"model": "gpt-4o-mini", "input": text, **more})

    made = respond(0, f"Write to {PLANTED}.").json()["id"]
    again = respond(2, "Go on.", previous_response_id=made)
    assert (again.status_code, again.headers["x-ringfence-zone"]) == (200, "onprem")


def test_under_load_one_is_killed_one_is_cut_off_and_the_database_crashes(ships: Fleet) -> None:
    began, key = time.monotonic(), ships.servers[0].key()
    for server in ships.servers:
        with server.client(key) as client:
            eventually(lambda client=client: client.get("/v1/models").status_code == 200, SEEN_WITHIN_S)
    with ships.load(key):
        assert_all_serve(ships, "one is killed")
        lost = kill_in_a_stream(ships, key)
        assert_all_serve(ships, "one is cut off")
        cut_off(ships)
        assert_all_serve(ships, "the database crashes")
        with ships.trouble(0, 1, 2):
            ships.cluster.stop("immediate")
            ships.cluster.start()
        assert_all_serve(ships, "after all")
    place = place_of(ships.url)
    assert isinstance(place, Postgres)
    eventually(lambda: ends(place, lost) == ["unknown_after_crash"], 30)
    assert [server.stop() for server in ships.servers] == [0, 0, 0]
    print(f"{ships.figures()}\nall of it took {time.monotonic() - began:.0f} s")
    assert ships.unexcused() == []
    refused = [each for each in ships.answers if each.receipt is None]
    assert {each.said for each in refused} <= {"lost", "503 audit_unavailable"}
    assert {each.server for each in refused if each.said == "lost"} <= {0}
    assert max(each.ended - each.began for each in refused) < DEADLINE_S + 3
    assert_the_log_is_whole(ships, place)
    assert_nothing_was_sent_without_a_record(ships, place)


def assert_all_serve(ships: Fleet, before: str) -> None:
    time.sleep(STEADY_S)
    now = time.monotonic()
    for server in range(len(ships.servers)):
        eventually(lambda at=server: ships.served_since(at, now), 10)
    ships.phases.append((before, time.monotonic()))


def kill_in_a_stream(ships: Fleet, key: str) -> str:
    """Kill the first server while an answer of it is under way; return the id of its decision."""
    ships.cloud.chunk_delay_s = 2.0
    told, body = threading.Event(), {"model": "gpt-4o-mini", "stream": True}
    found: list[str] = []

    def listen() -> None:
        messages = [{"role": "user", "content": "Tell me more."}]
        with (
            ships.servers[0].client(key) as client,
            client.stream("POST", "/v1/chat/completions", json={**body, "messages": messages}) as answer,
        ):
            found.append(answer.headers["x-ringfence-audit-id"])
            told.set()
            with pytest.raises(httpx.TransportError):
                answer.read()

    listener = threading.Thread(target=listen)
    listener.start()
    assert told.wait(10)
    with ships.trouble(0):
        os.kill(ships.servers[0].server_pid(), signal.SIGKILL)
        listener.join(20)
    ships.cloud.chunk_delay_s = 0.0
    place = place_of(ships.url)
    assert isinstance(place, Postgres)
    (epoch,) = {body["w"]["epoch"] for body in bodies(place, DECISION) if body["id"] == found[0]}
    with psycopg.connect(ships.url) as clock:  # as time does
        clock.execute(LAPSED, [epoch])
    return found[0]


def cut_off(ships: Fleet) -> None:
    """Let the third server not reach the database for a while; the others go on without it."""
    one, _, three = ships.servers
    made = one.admin("key.create", app="app", team="team", role="app")
    with three.client(made["secret"]) as client:
        eventually(lambda: client.get("/v1/models").status_code == 200, SEEN_WITHIN_S)
    with ships.trouble(2):
        began = time.monotonic()
        ships.troubles += [Trouble(server, began, began + HELD_S) for server in (0, 1)]
        ships.line.whole.clear()
        time.sleep(HELD_S)
        for server in (0, 1):
            eventually(lambda at=server: ships.served_since(at, began + HELD_S), 10)
        assert not ships.is_ready(2)
        one.admin("key.revoke", key_id=made["key"]["id"])
        time.sleep(max(0.0, began + CUT_S - time.monotonic()))
        assert not ships.served_since(2, began + DEADLINE_S)
        ships.line.whole.set()
    with three.client(made["secret"]) as client:
        eventually(lambda: client.get("/v1/models").status_code == 401, SEEN_WITHIN_S)


def bodies(place: Postgres, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: int | None = -1
    while after is not None:
        page = Records(place).page(Filters(kind=kind), after=after, limit=MAX_LIMIT)
        found += [record.body for record in page.records]
        after = page.next
    return found


def ends(place: Postgres, decision: str) -> list[str]:
    return [body["status"] for body in bodies(place, OUTCOME) if body["dec"] == decision]


def assert_the_log_is_whole(ships: Fleet, place: Postgres) -> None:
    """No fork, no gap, whoever was told of a record finds it, and everything that was begun has one end."""
    served = [each for each in ships.answers if each.receipt is not None]
    with psycopg.connect(place.url) as reader:
        numbers = [seq for (seq,) in reader.execute("SELECT seq FROM ringfence_audit.record ORDER BY seq")]
    assert numbers == list(range(len(numbers)))
    with closing(open_source(place)) as source:
        report = verify_source(source, receipts=[each.receipt for each in served if each.receipt])
    assert report.findings == ()
    assert report.checked == report.size == len(numbers)
    begun = [(body["id"], 1) for body in bodies(place, DECISION) if "up" in body]
    begun += [(body["dec"], body["attempt"]) for body in bodies(place, ATTEMPT)]
    ended = Counter((body["dec"], body["attempt"]) for body in bodies(place, OUTCOME))
    assert {each.record for each in served} <= {decision for decision, _ in begun}
    assert ended == Counter(begun)
    print(f"{len(numbers)} records, {len(served)} receipts of answers, each found")


def assert_nothing_was_sent_without_a_record(ships: Fleet, place: Postgres) -> None:
    """Each body that arrived has the fingerprint of one that a record names for its zone, as often at most."""
    prints = load(ships.servers[0].home / "keys").fingerprinter()
    named = Counter(
        (body["zone"], body["up"]["body_fp"])
        for kind in (DECISION, ATTEMPT)
        for body in bodies(place, kind)
        if "up" in body
    )
    for zone, server in (("cloud-us", ships.cloud), ("onprem", ships.onprem)):
        sent = Counter(
            (zone, fingerprint)
            for seen in server.posts
            if seen.path.endswith("/chat/completions")
            for team in ("team", "limited", "spender")
            if (zone, fingerprint := prints.fingerprint(team, "body", "chat", seen.body)) in named
        )
        arrived = sum(seen.path.endswith("/chat/completions") for seen in server.posts)
        assert sent.total() == arrived
        assert sent <= named
        print(f"{zone}: {arrived} requests arrived, {sum(n for (z, _), n in named.items() if z == zone)} were recorded")
    assert PLANTED.encode() not in ships.cloud.received
