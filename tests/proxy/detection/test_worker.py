import socket
import threading

import pytest

from proxy.detection import protocol
from proxy.detection.analysis import Analyzer
from proxy.detection.tasks import Task, Text
from proxy.detection.worker import serve

PAY = Task("unit", (Text("", "content", "card 4111 1111 1111 1111"),))


def test_a_worker_answers_until_its_socket_closes(analyzer: Analyzer) -> None:
    mine, its = socket.socketpair()
    thread = threading.Thread(target=serve, args=(its, analyzer))
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
        serve(its, analyzer)
    mine.close()
    its.close()
