"""OpenAI, and any server that speaks its API and of which nothing else is known."""

from proxy.upstreams.kinds.kind import Kind


class OpenAI(Kind):
    """OpenAI itself where `base_url` says nothing else."""

    base_url = "https://api.openai.com/v1"
    key_variable = "OPENAI_API_KEY"
