"""spaCy's entity recogniser, computed faster: the same entities from the same model, read once into plain arrays."""
