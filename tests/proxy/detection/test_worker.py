import socket
import threading

import pytest

from proxy.detection import protocol, worker
from proxy.detection.analysis import Analyzer
from proxy.detection.tasks import Task, Text
from proxy.detection.worker import RECYCLE_AFTER, serve, share

FOREVER = {"requests": 10**9, "recycle_bytes": 10**12}
PAY = Task("unit", (Text("", "content", "card 4929 7182 0364 5103"),))


def test_a_worker_answers_until_its_socket_closes(analyzer: Analyzer) -> None:
    mine, its = socket.socketpair()
    thread = threading.Thread(target=serve, args=(its, analyzer), kwargs=FOREVER)
    thread.start()
    mine.sendall(protocol.frame({"v": 1, "key": "ab" * 32}))
    for number in (1, 2):
        mine.sendall(protocol.request(number, [PAY]))
        message = protocol.receive(mine)
        assert message is not None
        results, last = protocol.read_answer(message, number, [PAY], analyzer.loaded.entity_types)
        assert "CREDIT_CARD" in {hit.entity_type for hit in results[0].hits}
        assert not last
    mine.close()
    thread.join(timeout=5)
    assert not thread.is_alive()
    its.close()


def test_a_worker_gives_up_on_what_is_not_a_request(analyzer: Analyzer) -> None:
    mine, its = socket.socketpair()
    mine.sendall(protocol.frame({"v": 1, "key": "ab" * 32}) + protocol.frame({"v": 1, "id": 1}))
    with pytest.raises(protocol.ProtocolError):
        serve(its, analyzer, **FOREVER)
    mine.close()
    its.close()


def served(analyzer: Analyzer, tasks: list[Task], **share: int) -> list[bool]:
    """Ask again and again until the worker says that it was the last time."""
    mine, its = socket.socketpair()
    thread = threading.Thread(target=serve, args=(its, analyzer), kwargs=FOREVER | share)
    thread.start()
    mine.sendall(protocol.frame({"v": 1, "key": "ab" * 32}))
    lasts = []
    while not any(lasts) and len(lasts) < 20:
        mine.sendall(protocol.request(1, tasks))
        message = protocol.receive(mine)
        assert message is not None
        lasts.append(message["last"])
    mine.close()
    thread.join(timeout=5)
    assert not thread.is_alive()
    its.close()
    return lasts


def test_a_worker_that_served_its_share_says_so_with_its_last_answer(analyzer: Analyzer) -> None:
    assert served(analyzer, [PAY], requests=3) == [False, False, True]


def test_a_worker_that_has_grown_says_so_when_its_memory_is_looked_at(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = iter([90, 100, 101])
    monkeypatch.setattr(worker, "private_bytes", lambda: next(sizes))
    monkeypatch.setattr(worker, "CHECK_AFTER", 3)
    assert served(analyzer, [PAY], recycle_bytes=100) == [False] * 8 + [True]


def test_a_long_text_brings_that_look_forward(analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "private_bytes", lambda: 101)
    monkeypatch.setattr(worker, "CHECK_AFTER", 5)
    assert served(analyzer, [Task("unit", (Text("", "content", "word " * 1000),))], recycle_bytes=100) == [True]


def test_workers_born_together_do_not_retire_together() -> None:
    shares = [share(1_000_000) for _ in range(50)]
    for name, most in (("requests", RECYCLE_AFTER), ("recycle_bytes", 1_000_000)):
        drawn = [each[name] for each in shares]
        assert len(set(drawn)) > 25
        assert 0.7 * most < min(drawn) <= max(drawn) <= most
