"""Every kind of model server that Ringfence knows, by the name that the file of upstreams gives it."""

from collections.abc import Mapping

from proxy.upstreams.kinds.anthropic import Anthropic
from proxy.upstreams.kinds.azure import Azure
from proxy.upstreams.kinds.kind import Kind
from proxy.upstreams.kinds.llamacpp import LlamaCpp
from proxy.upstreams.kinds.lmstudio import LMStudio
from proxy.upstreams.kinds.ollama import Ollama
from proxy.upstreams.kinds.openai import OpenAI
from proxy.upstreams.kinds.openrouter import OpenRouter
from proxy.upstreams.kinds.vllm import Vllm

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (OpenAI(), Vllm(), Ollama(), LMStudio(), LlamaCpp(), Anthropic(), Azure(), OpenRouter())
}
