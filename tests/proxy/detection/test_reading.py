# ruff: noqa: RUF001 - look-alikes are what is tested
import base64

from proxy.detection.reading import Reading
from proxy.detection.tasks import Task, Text


def reading(*texts: str, key: str = "content") -> Reading:
    return Reading(Task("unit", tuple(Text("content[]", key, text) for text in texts)))


def test_what_a_reader_sees_is_normalised_below_its_key() -> None:
    assert reading("４１１１", key="card").base().text == "card: 4111"
    assert reading("４１１１").base().text == "4111"


def test_words_of_the_api_are_not_read() -> None:
    assert reading("text", "user").base().text == ""


def test_what_is_encoded_is_read_too() -> None:
    hidden = base64.b64encode(b"the account of a person").decode()
    assert "the account of a person" in reading(hidden).decoded().text


def test_look_alikes_and_invisible_word_ends_are_twisted() -> None:
    assert "paypal" in reading("раураl").twisted().text
    assert "John Smith" in reading("John\u200bSmith").twisted().text


def test_neighbours_of_one_shape_are_joined() -> None:
    (run,) = reading("4111 1111", "1111 1111").runs()
    assert [text for _, text in run] == ["4111 1111", "1111 1111"]


def test_a_bomb_is_not_read_and_named() -> None:
    bomb = reading("\ufdfa" * 100)
    assert bomb.base().text == ""
    assert bomb.failures == {"view_bound"}
