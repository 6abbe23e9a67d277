"""Writes a small model for vLLM: the shape of a Llama, random weights, a token for each byte.

    python tests/e2e/vllm/tiny.py FOLDER

Run by a Python that has vLLM. What such a model says makes no sense; that it is served by the real server does.
"""

import json
import sys
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

SPECIAL = ("<s>", "</s>")
TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}assistant:"
WINDOW = 2048


def main(folder: Path) -> None:
    """Write the model's configuration and its tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.save(str(folder / "tokenizer.json"))
    tokens = {"bos_token": SPECIAL[0], "eos_token": SPECIAL[1], "chat_template": TEMPLATE, "model_max_length": WINDOW}
    named = {"tokenizer_class": "PreTrainedTokenizerFast", **tokens}
    (folder / "tokenizer_config.json").write_text(json.dumps(named), encoding="utf-8")
    shape = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "head_dim": 32,
    }
    of_llama = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-5,
    }
    sizes = {"vocab_size": len(letters), "max_position_embeddings": WINDOW, "torch_dtype": "float32"}
    config = {**of_llama, **shape, **sizes, "bos_token_id": 0, "eos_token_id": 1, "tie_word_embeddings": True}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
