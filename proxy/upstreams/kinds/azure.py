"""Azure OpenAI, through its v1 API, whose paths and bodies are OpenAI's; a deployment's name stands for the model's.

Source: learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle ("v1 API"), August 2025 and later.
"""

from proxy.upstreams.kinds.kind import Kind


class Azure(Kind):
    """`https://RESOURCE.openai.azure.com/openai/v1`."""

    name = "azure"
    key_variable = "AZURE_OPENAI_API_KEY"

    def headers(self, key: str) -> dict[str, str]:
        """Return Azure's header for a key."""
        return {"api-key": key} if key else {}
