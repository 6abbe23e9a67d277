"""How answers look to applications where a rule concerns them: blocked ones as an error, all others as ever."""

from collections.abc import Iterator

import pytest
from clients.lab import Application, Lab, applications, cards


@pytest.fixture(scope="module")
def judged(whole_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Applications whose answers may hold no card number."""
    key = whole_lab.fence.key("judged", "judged")
    with applications(whole_lab.fence.url, key, tmp_path_factory.mktemp("judged")) as made:
        yield made


WITHIN_50_MS_OR_LATER = "APICallError StreamProviderError"
"""The AI SDK waits so long after `response.created` for an error, and calls a later one by another name."""


@pytest.mark.parametrize(
    ("name", "scene", "errors"),
    [
        ("openai_python", "chat", "PermissionDeniedError"),
        ("openai_python", "chat_streamed", "APIError"),
        ("openai_python", "responses_streamed", "APIError"),
        ("openai_node", "chat_streamed", "APIError"),
        ("openai_node", "responses", "PermissionDeniedError"),
        ("vercel_ai", "responses", "APICallError"),
        ("vercel_ai", "responses_streamed", WITHIN_50_MS_OR_LATER),
        ("anthropic_python", "messages", "PermissionDeniedError"),
        ("anthropic_python", "messages_streamed", "APIStatusError"),
    ],
)
def test_an_answer_that_a_rule_blocks_is_the_librarys_own_error_without_the_value_and_is_not_asked_for_again(
    name: str, scene: str, errors: str, judged: Application, lab: Lab
) -> None:
    prompt = f"Repeat: It was paid with the card {cards(1)} as agreed with all of them."
    assert cards(1) in str(lab.through(name).does(scene, prompt)).replace("', '", "")
    lab.quieten()
    raised = judged(name).fails(scene, prompt)
    assert raised["class"] in errors.split()
    assert raised["code"] == "answer_blocked"
    assert cards(1) not in str(raised)
    assert len(lab.own.posts) == 1


@pytest.mark.parametrize(
    ("name", "scene"),
    [
        *(("openai_python", scene) for scene in ("chat", "chat_streamed", "chat_tools_streamed", "responses_streamed")),
        *(("openai_node", scene) for scene in ("chat_tools_streamed", "responses_streamed")),
        *(("vercel_ai", scene) for scene in ("responses_tools_streamed", "chat_streamed")),
        *(("anthropic_python", scene) for scene in ("messages_streamed", "messages_tools_streamed")),
    ],
)
def test_an_answer_that_a_rule_concerns_and_does_not_block_is_what_it_is_without(
    name: str, scene: str, judged: Application, lab: Lab
) -> None:
    assert judged(name).does(scene) == lab.through(name).does(scene)
