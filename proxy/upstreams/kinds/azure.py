"""Azure OpenAI, through its v1 API, whose paths and bodies are OpenAI's; a deployment's name stands for the model's.

Source: learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle ("v1 API"), August 2025 and later.
"""

from proxy.upstreams.kinds.kind import Kind, Observation, Prober
from proxy.upstreams.upstream import Upstream


class Azure(Kind):
    """`https://RESOURCE.openai.azure.com/openai/v1`."""

    name = "azure"
    key_variable = "AZURE_OPENAI_API_KEY"

    async def observe(self, ask: Prober, upstream: Upstream) -> Observation:
        """Ask whether it answers. It lists models that could be deployed, not the deployments, so none is taken."""
        await ask.probe("/models")
        if not upstream.lists_models:
            return Observation()
        return Observation(warnings=("it does not list deployments, so '*' serves nothing: name them in 'models'",))

    def headers(self, key: str) -> dict[str, str]:
        """Return Azure's header for a key."""
        return {"api-key": key} if key else {}
