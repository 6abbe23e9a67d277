"""An application on LangChain's package for OpenAI; `OPENAI_BASE_URL` names Ringfence."""

import os
from typing import Any

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from openai import APIError
from playing import play
from pydantic import BaseModel

model = ChatOpenAI(model=os.environ["MODEL"], max_tokens=8, temperature=0)
responder = ChatOpenAI(model=os.environ["MODEL"], max_tokens=8, temperature=0, use_responses_api=True)
embedder = OpenAIEmbeddings(model=os.environ["EMBEDDER"])
plain_embedder = OpenAIEmbeddings(model=os.environ["EMBEDDER"], check_embedding_ctx_length=False)


class Weather(BaseModel):
    """How warm it is."""

    city: str
    degrees: int


class LookUp(BaseModel):
    """Look the weather up."""

    city: str


def told(message: Any) -> Any:
    """A message without what the library made up: its own run's id."""
    return {name: value for name, value in message.model_dump().items() if name != "id"}


def chat(prompt: str) -> Any:
    return told(model.invoke(prompt))


def chat_streamed(prompt: str) -> Any:
    return [told(chunk) for chunk in model.stream(prompt)]


def chat_tools(prompt: str) -> Any:
    with_tools = model.bind_tools([LookUp])
    call = with_tools.invoke(prompt)
    result = ToolMessage('{"degrees": 21}', tool_call_id=call.tool_calls[0]["id"])
    return {"call": told(call), "talk": told(with_tools.invoke([HumanMessage(prompt), call, result]))}


def chat_parsed(prompt: str) -> Any:
    return model.with_structured_output(Weather, method="json_schema").invoke(prompt)


def responses(prompt: str) -> Any:
    return told(responder.invoke(prompt))


def responses_streamed(prompt: str) -> Any:
    return [told(chunk) for chunk in responder.stream(prompt)]


def embeddings(prompt: str) -> Any:
    """By default the texts leave as token ids."""
    return embedder.embed_documents([prompt, "Another one."])


def embeddings_of_another_model(prompt: str) -> Any:
    return OpenAIEmbeddings(model="text-embedding-ada-002").embed_documents([prompt, "Another one."])


def embeddings_as_text(prompt: str) -> Any:
    return plain_embedder.embed_documents([prompt, "Another one."])


def raised(error: Exception) -> dict[str, Any]:
    if not isinstance(error, APIError):
        return {"text": str(error)}
    because = error.body.get("because") if isinstance(error.body, dict) else None
    status = getattr(error, "status_code", None)
    return {"status": status, "code": error.code, "type": error.type, "text": error.message, "because": because}


if __name__ == "__main__":
    play(
        *(chat, chat_streamed, chat_tools, chat_parsed, responses, responses_streamed),
        *(embeddings, embeddings_of_another_model, embeddings_as_text),
        raised=raised,
    )
