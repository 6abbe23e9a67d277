"""An application on openai-python: nothing in it knows of Ringfence, which `OPENAI_BASE_URL` names."""

import json
import os
import uuid
from typing import Any

from openai import APIError, OpenAI, pydantic_function_tool
from playing import play
from pydantic import BaseModel

MODEL = os.environ["MODEL"]
EMBEDDER = os.environ["EMBEDDER"]
FEW: Any = {"max_tokens": 8, "temperature": 0}
client = OpenAI()


class Weather(BaseModel):
    """How warm it is."""

    city: str
    degrees: int


class LookUp(BaseModel):
    """Look the weather up."""

    city: str


TOOL: Any = {
    "type": "function",
    "name": "look_up",
    "description": "Look the weather up.",
    "parameters": LookUp.model_json_schema(),
    "strict": False,
}


def user(prompt: str) -> list[Any]:
    return [{"role": "user", "content": prompt}]


def chat(prompt: str) -> Any:
    return client.chat.completions.create(model=MODEL, messages=user(prompt), **FEW)


def chat_twice(prompt: str) -> Any:
    """The same request again, as after an answer that got lost."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    asked: Any = {"model": MODEL, "messages": user(prompt), "extra_headers": key}
    return [client.chat.completions.create(**asked), client.chat.completions.create(**asked)]


def chat_choices(prompt: str) -> Any:
    return client.chat.completions.create(model=MODEL, messages=user(prompt), n=2, logprobs=True, stop=["END"], seed=7)


def chat_streamed(prompt: str) -> Any:
    asked = client.chat.completions.create(
        model=MODEL, messages=user(prompt), **FEW, stream=True, stream_options={"include_usage": True}
    )
    return list(asked)


def chat_stream_helper(prompt: str) -> Any:
    with client.chat.completions.stream(model=MODEL, messages=user(prompt), response_format=Weather) as stream:
        kinds = [event.type for event in stream]
        return {"events": kinds, "parsed": stream.get_final_completion().choices[0].message.parsed}


def chat_tools(prompt: str) -> Any:
    """Two turns: the model calls, the application answers, the model talks."""
    tools = [pydantic_function_tool(LookUp, name="look_up")]
    turn = client.chat.completions.create(model=MODEL, messages=user(prompt), tools=tools)
    call = turn.choices[0].message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"degrees": 21})}
    talk = client.chat.completions.create(
        model=MODEL, messages=[*user(prompt), turn.choices[0].message, result], tools=tools
    )
    return {"call": turn, "talk": talk}


def chat_tools_streamed(prompt: str) -> Any:
    with client.chat.completions.stream(
        model=MODEL, messages=user(prompt), tools=[pydantic_function_tool(LookUp, name="look_up")]
    ) as stream:
        return {"events": list(stream), "end": stream.get_final_completion()}


def chat_parsed(prompt: str) -> Any:
    return client.chat.completions.parse(model=MODEL, messages=user(prompt), response_format=Weather)


def completions(prompt: str) -> Any:
    return client.completions.create(model=MODEL, prompt=prompt, **FEW)


def completions_streamed(prompt: str) -> Any:
    return list(client.completions.create(model=MODEL, prompt=prompt, **FEW, stream=True))


def embeddings(prompt: str) -> Any:
    """As the library asks by default: base64 on the wire."""
    return client.embeddings.create(model=EMBEDDER, input=[prompt, "Another one."])


def embeddings_as_numbers(prompt: str) -> Any:
    return client.embeddings.create(model=EMBEDDER, input=prompt, encoding_format="float")


def responses(prompt: str) -> Any:
    answer = client.responses.create(
        model=MODEL, input=prompt, instructions="Be brief.", max_output_tokens=8, temperature=0
    )
    return {"text": answer.output_text, "answer": answer}


def responses_streamed(prompt: str) -> Any:
    with client.responses.stream(model=MODEL, input=prompt, max_output_tokens=8, temperature=0) as stream:
        return {"events": list(stream), "end": stream.get_final_response()}


def responses_continued(prompt: str) -> Any:
    """Two turns: the second names the first by its id."""
    first = client.responses.create(model=MODEL, input=prompt)
    return client.responses.create(model=MODEL, input="And then?", previous_response_id=first.id)


def responses_tools(prompt: str) -> Any:
    turn = client.responses.create(model=MODEL, input=prompt, tools=[TOOL], store=False)
    call = next(item for item in turn.output if item.type == "function_call")
    result = {"type": "function_call_output", "call_id": call.call_id, "output": json.dumps({"degrees": 21})}
    talk = client.responses.create(model=MODEL, input=[*user(prompt), *turn.output, result], tools=[TOOL], store=False)
    return {"call": turn, "talk": talk}


def responses_tools_streamed(prompt: str) -> Any:
    with client.responses.stream(model=MODEL, input=prompt, tools=[TOOL]) as stream:
        return {"events": list(stream), "end": stream.get_final_response()}


def responses_parsed(prompt: str) -> Any:
    return client.responses.parse(model=MODEL, input=prompt, text_format=Weather).output_parsed


def raised(error: Exception) -> dict[str, Any]:
    if not isinstance(error, APIError):
        return {"text": str(error)}
    because = error.body.get("because") if isinstance(error.body, dict) else None
    status = getattr(error, "status_code", None)
    return {"status": status, "code": error.code, "type": error.type, "text": error.message, "because": because}


if __name__ == "__main__":
    play(
        *(chat, chat_twice, chat_choices, chat_streamed, chat_stream_helper),
        *(chat_tools, chat_tools_streamed, chat_parsed),
        *(completions, completions_streamed, embeddings, embeddings_as_numbers),
        *(responses, responses_streamed, responses_continued),
        *(responses_tools, responses_tools_streamed, responses_parsed),
        raised=raised,
    )
