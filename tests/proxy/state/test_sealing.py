"""What is kept can be read with the caller's key alone, and is tied to the request that it answers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.identity import Caller, Role
from proxy.state.sealing import NONCE, Kept, Seal, SealBroken

SECRET = bytes(range(32))
CALLER = Caller("ak_0123456789abcdef", "app", "team", Role.APP)
KEY = "0b9e3c5e-7c1b-4a57-9a39-6f6a2f5f1f0d"
ANSWER = Kept(200, (("content-type", "application/json"),), b'{"answer":"Martina Keller"}')

names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


def seal(
    secret: bytes = SECRET, caller: Caller = CALLER, key: str = KEY, endpoint: str = "chat", body: bytes = b"{}"
) -> Seal:
    return Seal(secret, caller, key, endpoint, body)


@given(st.builds(Kept, st.integers(100, 599), st.lists(st.tuples(names, names)).map(tuple), st.binary(max_size=200)))
def test_an_answer_comes_back_as_it_was(answer: Kept) -> None:
    assert Kept.decode(answer.encode()) == answer
    assert seal().open(seal().close(answer)) == answer


def test_nothing_of_key_request_or_answer_can_be_read_in_what_is_kept() -> None:
    made = seal(body=b'{"prompt":"Martina Keller"}')
    kept = bytes.fromhex(made.name + made.asked + made.team) + made.close(ANSWER)
    assert not any(word in kept for word in (b"Martina", b"content-type", KEY.encode(), b"team", b"chat"))
    assert made.close(ANSWER)[:NONCE] != made.close(ANSWER)[:NONCE]


@pytest.mark.parametrize(
    "other",
    [
        seal(key=KEY[:-1] + "e"),
        seal(secret=bytes(32)),
        seal(caller=replace(CALLER, team="others")),
        seal(caller=replace(CALLER, key_id="ak_fedcba9876543210")),
    ],
    ids=["another key", "other servers", "another team", "another API key"],
)
def test_whoever_has_another_key_finds_and_reads_nothing(other: Seal) -> None:
    assert other.name != seal().name
    assert other.asked != seal().asked
    with pytest.raises(SealBroken):
        other.open(seal().close(ANSWER))


@pytest.mark.parametrize("other", [seal(body=b"{ }"), seal(endpoint="embeddings")], ids=["body", "endpoint"])
def test_another_request_under_the_same_key_has_the_name_and_cannot_read_the_answer(other: Seal) -> None:
    assert other.name == seal().name
    assert other.asked != seal().asked
    with pytest.raises(SealBroken):
        other.open(seal().close(ANSWER))


def test_an_endpoint_and_a_body_cannot_be_split_differently() -> None:
    assert seal(endpoint="chat", body=b"x").asked != seal(endpoint="cha", body=b"tx").asked


def test_what_was_changed_is_refused() -> None:
    kept = seal().close(ANSWER)
    for damaged in (kept[:-1], kept[:5], b"", kept[:-1] + bytes([kept[-1] ^ 1]), bytes([kept[0] ^ 1]) + kept[1:]):
        with pytest.raises(SealBroken):
            seal().open(damaged)
