from typing import Any

import pytest

from proxy.content.token_ids import NO_TOKENIZERS, Tokenizer, Tokenizers
from proxy.endpoints.texts import COMPLETIONS, EMBEDDINGS
from proxy.errors import RequestRefused

FIELDS = [(COMPLETIONS, "prompt"), (EMBEDDINGS, "input")]
TOKENS = Tokenizer.of({0: b"Hi", 1: b" Ada"})
TOKENIZERS = Tokenizers({"m": TOKENS, "al*": Tokenizer.of({0: b"Hi", 1: b" Ada"}), "other": Tokenizer.of({0: b"x"})})
each = pytest.mark.parametrize(("endpoint", "field"), FIELDS, ids=["completions", "embeddings"])


@each
@pytest.mark.parametrize("given", ["alpha", ["alpha", "beta"]])
def test_each_text_is_somebodys_words(endpoint: Any, field: str, given: Any) -> None:
    content = endpoint.read({"model": "m", field: given}, 64)
    texts = [given] if isinstance(given, str) else given
    said = [unit for unit in content.units if unit.role == "user"]
    assert [unit.segments[0].text for unit in said] == texts
    assert content.n_messages == len(texts)
    assert content.opaque == ()


@each
@pytest.mark.parametrize(
    "given",
    [[15339, 1917], [[15339, 1917], [220, 5]], [15339], [[5]], ["a", [5]], ["a", 5], [5.0], [True], [None], [{}]],
)
def test_token_ids_cannot_be_read_without_a_tokenizer(endpoint: Any, field: str, given: Any) -> None:
    content = endpoint.said({"model": "m", field: given}, 64, NO_TOKENIZERS)
    assert (field, "token_ids") in {(part.path, part.reason) for part in content.opaque}


@each
@pytest.mark.parametrize(("given", "texts"), [([0, 1], "Hi Ada"), ([[0, 1], [1]], ["Hi Ada", " Ada"])])
def test_token_ids_are_read_where_the_models_tokenizer_is_known(
    endpoint: Any, field: str, given: Any, texts: Any
) -> None:
    body = {"model": "m", field: given, "user": "u-1"}
    content = endpoint.said(body, 64, TOKENIZERS)
    each_text = [texts] if isinstance(texts, str) else texts
    assert content.opaque == ()
    assert [unit.segments[0].text for unit in content.units if unit.role == "user"] == each_text
    assert content.n_messages == len(each_text)
    for model in ("m", "v"):
        sent = endpoint.final(body, model, content.texts, vendor=True)
        assert (sent["model"], sent[field], sent["user"]) == (model, texts, "u-1")


@each
def test_an_own_server_gets_ids_only_for_a_model_to_which_they_say_the_same(endpoint: Any, field: str) -> None:
    body = {"model": "m", field: [0, 1]}
    texts = endpoint.said(body, 64, TOKENIZERS).texts
    sent = {
        model: endpoint.final(body, model, texts, vendor=False)[field] for model in ("m", "alike", "other", "unknown")
    }
    assert sent == {"m": [0, 1], "alike": [0, 1], "other": "Hi Ada", "unknown": "Hi Ada"}


@each
@pytest.mark.parametrize("given", [[0, 9], [0, -1], [0, True], [0.0, 1], [[0], 1], [[0], []], [[0], [9]], [["a"]]])
def test_of_several_texts_all_are_read_or_none(endpoint: Any, field: str, given: Any) -> None:
    body = {"model": "m", field: given}
    content = endpoint.said(body, 64, TOKENIZERS)
    assert {part.path for part in content.opaque} >= {field}
    assert endpoint.final(body, "m", content.texts, vendor=True)[field] == given


@each
@pytest.mark.parametrize("given", [None, "", [], {}, 5, True])
def test_a_body_without_a_text_is_refused(endpoint: Any, field: str, given: Any) -> None:
    with pytest.raises(RequestRefused) as refusal:
        endpoint.read({"model": "m", field: given}, 64)
    assert refusal.value.param == field


def test_what_stands_beside_the_prompt_is_read_too() -> None:
    content = COMPLETIONS.read({"model": "m", "prompt": "a", "suffix": "omega", "user": "u-1", "stop": ["x"]}, 64)
    assert {"omega", "u-1", "x"} <= {segment.text for unit in content.units for segment in unit.segments}
