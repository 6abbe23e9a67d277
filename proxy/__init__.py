"""Ringfence: an OpenAI-compatible proxy that keeps sensitive prompts on own models and can prove it."""
