"""Callers with a bearer token of the organisation's identity provider, beside those with an API key (OpenID Connect).

configuration   settings and the file of grants: whom a token makes what; nobody, unless it says so
    grants          decides that
fetching        reads the provider's documents; knows nothing of requests and what they hold
jwks            the keys in such a document that may verify a token
keyset          keeps them, for a while even when the provider is away
tokens          verifies a token
callers         joins it with API keys
"""
