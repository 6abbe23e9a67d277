import json

import pytest

from proxy.upstreams import errands
from proxy.upstreams.permit import PermitError

BASE = "http://127.0.0.1:11434/v1"


def test_a_question_has_a_body_only_where_it_is_about_a_model() -> None:
    assert errands.question("/api/tags") == b""
    assert json.loads(errands.question("/api/show", "llama3.2:latest")) == {"model": "llama3.2:latest"}


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/chat/completions", ""),
        ("/api/chat", ""),
        ("/api/pull", "llama3.2"),
        ("/api/tags", "llama3.2"),
        ("/api/show", ""),
        ("/api/show", "my password is swordfish"),
        ("/api/show", 'x"}'),
    ],
)
def test_nothing_else_is_a_question(path: str, model: str) -> None:
    with pytest.raises(PermitError):
        errands.question(path, model)


def test_an_order_carries_a_models_name_and_constants() -> None:
    sent = {name: errands.order(name, "llama3.2") for name in errands.ORDERS}
    assert sorted(sent) == ["pull", "unload", "warm", "warm-embedder"]
    for name, (path, body) in sent.items():
        fields = json.loads(body)
        assert fields.pop("model") == "llama3.2"
        assert (path, fields) == errands.ORDERS[name]
        assert "prompt" not in fields


@pytest.mark.parametrize(
    ("name", "model"),
    [("delete", "llama3.2"), ("pull", ""), ("pull", "a b"), ("warm", "x\n"), ("warm", "x" * 200), ("warm", "ollama/é")],
)
def test_nothing_else_is_an_order(name: str, model: str) -> None:
    with pytest.raises(PermitError):
        errands.order(name, model)


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/chat/completions", "http://127.0.0.1:11434/v1/chat/completions"),
        ("/responses/resp_1", "http://127.0.0.1:11434/v1/responses/resp_1"),
        ("/models", "http://127.0.0.1:11434/v1/models"),
        ("/api/chat", "http://127.0.0.1:11434/api/chat"),
        ("/health", "http://127.0.0.1:11434/health"),
    ],
)
def test_a_servers_own_paths_stand_beside_the_api(path: str, where: str) -> None:
    assert errands.url(BASE, path) == where
