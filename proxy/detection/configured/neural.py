"""Models of token classification and GLiNER's: optional extras, read from a folder of this machine, never downloaded.

The libraries are imported when a file names such a model, and run on one thread: workers are forked from the process
that loads them, and a pool of threads does not live through a fork.
"""

import importlib
import importlib.util
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from proxy.detection.configured.reading import DEFAULT_CUT, Context, name, pieces, score, types
from proxy.detection.digest import of_folder
from proxy.detection.recognizers.base import Match, Recognizer
from proxy.files.diagnostics import Place, Problems
from proxy.files.node import Node

Kind = Literal["transformers", "gliner"]
NEEDS: Mapping[Kind, tuple[str, ...]] = {"transformers": ("transformers", "torch"), "gliner": ("gliner", "torch")}
NEEDS_ONNX: Mapping[Kind, tuple[str, ...]] = {
    "transformers": ("transformers", "torch", "optimum", "onnxruntime"),
    "gliner": ("gliner", "torch", "onnxruntime"),
}
SIZE: Mapping[Kind, int] = {"transformers": 1500, "gliner": 350}
"""Characters of a piece. GLiNER's models silently leave out what goes beyond 384 words, which 350 characters never do;
a transformer's tokenizer cuts a piece itself where it has more tokens than the model reads."""
OVERLAP = 100
WEIGHTS: Mapping[Kind, tuple[str, ...]] = {
    "transformers": ("*.safetensors", "*.onnx"),
    "gliner": ("*.safetensors", "*.onnx", "pytorch_model.bin"),
}
"""What is read as numbers only: pickled weights can hold code, but GLiNER has PyTorch refuse that."""
SHA256 = re.compile(r"[0-9a-f]{64}")
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "0",
}


class Span(NamedTuple):
    """What a model found in a piece of text."""

    label: str
    start: int
    end: int
    score: float


Predict = Callable[[str], Iterable[Span]]


@dataclass(frozen=True, slots=True)
class Model:
    """A folder with a model. `types` maps its labels to ours; other labels are not reported.

    `sha256` is what its files have to be, by the digest of `digest.of_folder`, before any of them is read; "" if nobody
    said.
    """

    name: str
    where: Place = field(compare=False)
    kind: Kind
    folder: Path = field(compare=False)
    onnx: bool
    sha256: str
    types: Mapping[str, str]
    cut: float
    drops = True

    @property
    def emits(self) -> Mapping[str, float]:
        """Our types and the score below which they are dropped."""
        return dict.fromkeys(self.types.values(), self.cut)

    def load(self, problems: Problems) -> Recognizer | None:
        """Load it; what is missing goes to `problems`, with the command that installs it."""
        needs = (NEEDS_ONNX if self.onnx else NEEDS)[self.kind]
        missing = [library for library in needs if importlib.util.find_spec(library) is None]
        if missing:
            extras = f"{self.kind},onnx" if self.onnx else self.kind
            message = f'{" and ".join(missing)} cannot be imported: pip install "ringfence[{extras}]"'
            problems.error(self.where, "not-installed", message)
            return None
        weights = [path for form in WEIGHTS[self.kind] for path in self.folder.glob(form)]
        if not weights:
            what = "no such folder" if not self.folder.is_dir() else "no weights in it that hold numbers only"
            problems.error(self.where, "no-model", f"{what}; models are never downloaded")
            return None
        version = of_folder(self.folder)
        if self.sha256 and version != self.sha256:
            message = f"its files are not those of this sha256: theirs is {version}; nothing of them was loaded"
            problems.error(self.where, "other-model", message)
            return None
        os.environ.update(OFFLINE)
        importlib.import_module("torch").set_num_threads(1)
        try:
            predict = (_transformer if self.kind == "transformers" else _gliner)(self)
        except Exception as error:  # noqa: BLE001 - whatever foreign code raises
            problems.error(self.where, "not-made", f"the model cannot be loaded: {type(error).__name__}")
            return None
        finder = _Finder(self, predict)
        return Recognizer(self.name, self.emits, finder.find, folds=False, joins=False, version=version)


class _Finder:
    """A model that reads a text of any length piece by piece."""

    def __init__(self, model: Model, predict: Predict) -> None:
        self._model = model
        self._predict = predict

    def find(self, text: str) -> Iterator[Match]:
        """Yield what has a type of ours; a span that a cut may have shortened is left to the piece that has it all."""
        readable = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
        for offset, piece in pieces(readable, SIZE[self._model.kind], OVERLAP):
            goes_on = offset + len(piece) < len(text)
            for label, start, end, its in self._predict(piece):
                entity_type = self._model.types.get(label)
                cut = (goes_on and end == len(piece)) or (offset and start == 0)
                if entity_type is not None and its >= self._model.cut and start < end and not cut:
                    value = " ".join(piece[start:end].split()).casefold()
                    yield Match(entity_type, offset + start, offset + end, min(float(its), 1.0), value)


def _transformer(model: Model) -> Predict:
    library = importlib.import_module("transformers")
    folder = str(model.folder)
    tokenizer = library.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if model.onnx:
        made = importlib.import_module("optimum.onnxruntime").ORTModelForTokenClassification.from_pretrained(
            folder, local_files_only=True, session_options=_one_thread()
        )
    else:
        made = library.AutoModelForTokenClassification.from_pretrained(
            folder, local_files_only=True, use_safetensors=True
        )
    tokenizer.model_max_length = min(tokenizer.model_max_length, _longest(made.config))
    pipeline = library.pipeline(
        "token-classification",
        model=made,
        tokenizer=tokenizer,
        aggregation_strategy="first",
        stride=tokenizer.model_max_length // 4,
    )

    def predict(text: str) -> Iterator[Span]:
        for found in pipeline(text):
            yield Span(found["entity_group"], found["start"], found["end"], float(found["score"]))

    return predict


def _longest(config: Any) -> int:
    """Return how many tokens a model reads at once; some count their positions from behind the padding's."""
    positions = int(getattr(config, "max_position_embeddings", 0) or 512)
    return positions - 2 if getattr(config, "model_type", "") in ("roberta", "xlm-roberta", "camembert") else positions


def _gliner(model: Model) -> Predict:
    options = {"load_onnx_model": True, "session_options": _one_thread()} if model.onnx else {}
    made = importlib.import_module("gliner").GLiNER.from_pretrained(
        str(model.folder), local_files_only=True, map_location="cpu", **options
    )
    labels = list(model.types)

    def predict(text: str) -> Iterator[Span]:
        for found in made.predict_entities(text, labels, threshold=model.cut):
            yield Span(found["label"], found["start"], found["end"], float(found["score"]))

    return predict


def _one_thread() -> Any:
    options = importlib.import_module("onnxruntime").SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return options


def read(kind: Kind, node: Node, context: Context) -> Model:
    """Read one model; whether it and its library are there is seen when it is loaded."""
    problems = context.problems
    given = node.fields(problems, required=("name", "model", "types"), optional=("onnx", "sha256", "min_score"))
    folder = given["model"].text(problems, None, "the path of a folder")
    return Model(
        name(given["name"], context),
        given["model"].place,
        kind,
        context.folder / folder,
        given["onnx"].boolean(problems),
        given["sha256"].text(problems, SHA256, "64 hexadecimal digits"),
        types(given["types"], context),
        score(given["min_score"], context, DEFAULT_CUT),
    )
