"""OpenAI, and any server that speaks its API and of which nothing else is known."""

from proxy.upstreams.errors import NotSent
from proxy.upstreams.kinds.kind import Kind, Prober
from proxy.upstreams.kinds.ollama_names import says_cloud


class OpenAI(Kind):
    """OpenAI itself where `base_url` says nothing else."""

    base_url = "https://api.openai.com/v1"
    key_variable = "OPENAI_API_KEY"

    async def check(self, ask: Prober, model: str) -> None:  # noqa: ARG002 - the name says enough
        """Raise NotSent for a name by which an Ollama, should this be one, would ask its vendor."""
        if says_cloud(model):
            raise NotSent("ollama_cloud_model")
