"""An application on the OpenAI Agents SDK, which uses `/v1/responses`; `OPENAI_BASE_URL` names Ringfence."""

import asyncio
import json
import os
from typing import Any

from agents import Agent, ModelSettings, Runner, function_tool, trace
from agents.tracing.processors import BackendSpanExporter
from agents.tracing.traces import NoOpTrace
from openai import APIError
from playing import play
from pydantic import BaseModel

MODEL = os.environ["MODEL"]
looked_up: list[str] = []
loop = asyncio.Runner()


class Weather(BaseModel):
    """How warm it is."""

    city: str
    degrees: int


@function_tool
def look_up(city: str) -> str:
    """Look the weather up."""
    looked_up.append(city)
    return json.dumps({"degrees": 21})


brief = ModelSettings(max_tokens=8, temperature=0)
talker = Agent(name="Talker", instructions="Be brief.", model=MODEL, model_settings=brief)
looker = Agent(name="Looker", instructions="Use the tool.", model=MODEL, tools=[look_up])
parser = Agent(name="Parser", instructions="Fill the form in.", model=MODEL, output_type=Weather)


def talk(prompt: str) -> Any:
    return loop.run(Runner.run(talker, prompt)).final_output


def talk_streamed(prompt: str) -> Any:
    async def run() -> Any:
        ran = Runner.run_streamed(talker, prompt)
        steps = [event.name async for event in ran.stream_events() if event.type == "run_item_stream_event"]
        return {"steps": steps, "text": ran.final_output}

    return loop.run(run())


def tool_loop(prompt: str) -> Any:
    looked_up.clear()
    ran = loop.run(Runner.run(looker, prompt))
    return {"end": ran.final_output, "steps": [item.type for item in ran.new_items], "looked_up": looked_up}


def tool_loop_streamed(prompt: str) -> Any:
    async def run() -> Any:
        ran = Runner.run_streamed(looker, prompt)
        steps = [event.name async for event in ran.stream_events() if event.type == "run_item_stream_event"]
        return {"steps": steps, "end": ran.final_output}

    return loop.run(run())


def parsed(prompt: str) -> Any:
    return loop.run(Runner.run(parser, prompt)).final_output


def tracing(prompt: str) -> Any:
    """Where traces would go, and whether they are switched off."""
    return {"endpoint": BackendSpanExporter().endpoint, "disabled": isinstance(trace("none"), NoOpTrace)}


def raised(error: Exception) -> dict[str, Any]:
    if not isinstance(error, APIError):
        return {"text": str(error)}
    because = error.body.get("because") if isinstance(error.body, dict) else None
    status = getattr(error, "status_code", None)
    return {"status": status, "code": error.code, "type": error.type, "text": error.message, "because": because}


if __name__ == "__main__":
    play(talk, talk_streamed, tool_loop, tool_loop_streamed, parsed, tracing, raised=raised)
