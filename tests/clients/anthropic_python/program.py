"""An application on Anthropic's library; `ANTHROPIC_BASE_URL` names Ringfence."""

import json
import os
from typing import Any

from anthropic import Anthropic, APIError
from playing import play

MODEL = os.environ["CLAUDE"]
TOOL: Any = {
    "name": "look_up",
    "description": "Look the weather up.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
FEW: Any = {"max_tokens": 8, "extra_body": {"temperature": 0}}
client = Anthropic()


def user(content: Any) -> Any:
    return {"role": "user", "content": content}


def messages(prompt: str) -> Any:
    return client.messages.create(model=MODEL, **FEW, system="Be brief.", messages=[user(prompt)])


def messages_streamed(prompt: str) -> Any:
    with client.messages.stream(model=MODEL, **FEW, messages=[user(prompt)]) as stream:
        return {"events": list(stream), "end": stream.get_final_message()}


def messages_tools(prompt: str) -> Any:
    call = client.messages.create(model=MODEL, **FEW, messages=[user(prompt)], tools=[TOOL])
    used = next(block for block in call.content if block.type == "tool_use")
    result = {"type": "tool_result", "tool_use_id": used.id, "content": json.dumps({"degrees": 21})}
    said = [user(prompt), {"role": "assistant", "content": call.content}, user([result])]
    return {"call": call, "talk": client.messages.create(model=MODEL, **FEW, messages=said, tools=[TOOL])}


def messages_tools_streamed(prompt: str) -> Any:
    with client.messages.stream(model=MODEL, **FEW, messages=[user(prompt)], tools=[TOOL]) as stream:
        return {"events": list(stream), "end": stream.get_final_message()}


def token_count(prompt: str) -> Any:
    return client.messages.count_tokens(model=MODEL, messages=[user(prompt)])


def raised(error: Exception) -> dict[str, Any]:
    if not isinstance(error, APIError):
        return {"text": str(error)}
    said = error.body.get("error", {}) if isinstance(error.body, dict) else {}
    told = {name: said.get(name) for name in ("type", "code", "because")}
    return {"status": getattr(error, "status_code", None), "text": error.message, **told}


if __name__ == "__main__":
    play(messages, messages_streamed, messages_tools, messages_tools_streamed, token_count, raised=raised)
