"""Ringfence: an OpenAI-compatible proxy that keeps sensitive prompts on an organisation's own models and can prove it."""
