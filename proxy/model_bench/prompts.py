"""What models are asked: a few harmless questions of different lengths, or the lines of a file."""

from pathlib import Path

from proxy.errors import ConfigurationError

BUILT_IN = (
    "Explain in two sentences how a bicycle stays upright.",
    "List five uses of an old newspaper.",
    "Write a short story about a lighthouse and a storm.",
    "What is the difference between a lake and a sea?",
    "Describe how bread is made, step by step.",
    """Summarise this in one sentence: a library lends books to whoever promises to bring them back. Some forget. The
library then sends a friendly letter, and later one that is less friendly. Most books come back in the end, some of them
with notes in the margins that later readers enjoy more than the text.""",
    "Why does ice float on water?",
    "Give three arguments for and three against trams in a small town.",
)
MAX_BYTES = 1024 * 1024
MAX_PROMPTS = 1000


def read(path: Path | None) -> tuple[str, ...]:
    """Return the prompts of a file, one a line, or the built-in ones; raises ConfigurationError."""
    if path is None:
        return BUILT_IN
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigurationError(f"{path} is larger than {MAX_BYTES} bytes.")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(f"The prompts in {path} cannot be read: {why}.") from None
    found = tuple(line.strip() for line in lines if line.strip())[:MAX_PROMPTS]
    if not found:
        raise ConfigurationError(f"There is no prompt in {path}: one a line is expected.")
    return found
