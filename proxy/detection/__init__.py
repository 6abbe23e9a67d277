"""Find sensitive data in the text of a request. Knows nothing of policies: it reports types and scores."""
