from proxy.endpoints import states
from proxy.endpoints.states import States


def test_each_id_is_taken_once_and_only_what_the_server_keeps_or_the_caller_carries() -> None:
    named = States()
    for name in ("resp_1", "resp_1", "", None, 5, ["x"]):
        named.note("response", name)
    named.note("item", "resp_1")
    named.note("item", "rs_1", carried=True)
    assert named.take(stored=True) == [("response", "resp_1"), ("item", "resp_1"), ("item", "rs_1")]
    named.note("response", "resp_1")
    assert not named.named
    assert named.take(stored=True) == []
    named.note("item", "msg_2")
    assert named.named
    named.note("item", "rs_2", carried=True)
    assert named.take(stored=False) == [("item", "rs_2")]


def test_an_answer_without_end_fills_no_memory() -> None:
    named = States()
    for number in range(3 * states.AT_A_TIME):
        named.note("item", f"msg_{number}")
        named.take(stored=True)
    assert len(named._seen) <= states.AT_A_TIME
