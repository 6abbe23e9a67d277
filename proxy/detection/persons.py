# ruff: noqa: E501 - word lists and a pattern are read in one piece
"""What the model calls a person, weighed by where it stands: prose, code, or the name of a thing.

spaCy gives one confidence for all; a table of public names of technology and well-known figures, and the look of the
line, tell more. Only evidence of the model is weighed here, never that of a pattern.
"""

import re

PROSE, CODE = 0.85, 0.4
_TECHNOLOGY = """
airflow algolia android angular ansible anthropic apache arduino asana asyncio auth0 aws azure babel bash bigquery
bitbucket bootstrap cassandra celery chatgpt chrome claude cloudflare cobol codex confluence cuda cypress dagster dart databricks
datadog dbt debian deno dialogflow discord django docker dockerfile dotnet drupal duckdb elasticsearch electron elixir envoy erlang
eslint excel express fastapi fedora ffmpeg figma firebase firefox flask flink flutter fortran gemini gemma gitlab github golang gradle
grafana graphql groovy hadoop haskell helm heroku hive html hubspot ios istio jaeger java javascript jenkins jinja jira
jquery json jupyter kafka keras kibana kotlin kubernetes lambda langchain laravel leetcode linux llama logstash lua macos magento mariadb
markdown maven memcached midjourney minio mistral mongodb mongoose mysql neo4j netlify nextjs next.js nginx node.js nodejs notion npm
numpy nuxt ollama openai opencv openshift oracle outlook pandas parquet perl photoshop php playwright podman polars postgres postgresql
postman powershell prisma prometheus pulumi puppet puppeteer pydantic pyspark pytest python pytorch quarkus qwen rabbitmq rails react
redis redshift redux regex rest ruby rust safari salesforce sass scala scikit-learn scipy scrapy selenium sentry servicenow shopify
siri slack snowflake solidity spacy spark splunk spotify spring sql sqlalchemy sqlite stripe supabase svelte swift symfony tableau
tailwind telegram tensorflow terraform traefik trello twilio typescript ubuntu unity vercel vim vite vue webpack whatsapp windows
wireshark wordpress xcode xgboost xml yaml yarn zapier zendesk zig zookeeper zoom uuid url uri utc csv pdf ceo cto cfo api sdk
fibonacci dijkstra bayes fourier gauss gaussian laplace markov pythagoras euclid euler turing bellman
levenshtein jaccard huffman poisson bernoulli oauth kaggle
"""
_FIGURES = """
albert einstein; isaac newton; william shakespeare; shakespeare; charles darwin; marie curie; leonardo da vinci; nikola tesla;
napoleon; napoleon bonaparte; julius caesar; george washington; abraham lincoln; barack obama; donald trump; joe biden; elon musk;
bill gates; steve jobs; jeff bezos; mark zuckerberg; sam altman; taylor swift; harry potter; sherlock holmes; jane austen; mozart;
beethoven; picasso; van gogh; vincent van gogh; aristotle; plato; socrates; confucius; jesus; jesus christ; buddha; muhammad; gandhi;
mahatma gandhi; martin luther king; nelson mandela; winston churchill; queen elizabeth; king charles; cleopatra; galileo;
stephen hawking; alan turing; ada lovelace; linus torvalds; guido van rossum; santa claus; romeo; juliet; hamlet; batman; superman;
spider-man; zeus; odysseus; homer; dante; dostoevsky; tolstoy; hemingway; george orwell; charles dickens; mark twain; karl marx;
sigmund freud; immanuel kant; nietzsche; descartes; warren buffett; j.k. rowling; stephen king; michael jackson; beyonce; madonna;
messi; ronaldo; lebron james; michael jordan; putin; vladimir putin; xi jinping; angela merkel; margaret thatcher; john f. kennedy
"""
TECHNOLOGY = frozenset(_TECHNOLOGY.split())
FIGURES = frozenset(" ".join(name.split()) for name in _FIGURES.split(";"))
IDENTIFIER = re.compile(
    r"[_\\/{}<>=()\[\]#$%^*|~`@]|[a-z][A-Z]\w*[A-Z]|^[a-z]+[A-Z]\w*$|^[A-Z][a-z]{3,}[A-Z]\w*$|\w\.[a-z]|\d|::|->"
)
KEY, VALUE = re.compile(r"[\"']\s?:"), re.compile(r"(?:[\w.-]+: )?\S+")
CODE_LINE = re.compile(
    r"^\s*(?:def |class |import |from \w[\w.]* import|return\b|func |fn |let |const |var |public |private |static |async |await |if \(|for \(|while \(|#include|using |package |SELECT |INSERT |UPDATE |CREATE |FROM |WHERE |AND |JOIN |GROUP BY |ORDER BY |VALUES |@\w+|\$ |>>> |</?\w+|[})\];]+\s*$)"
    r"|^\S*\d\d:\d\d:\d\d|\b(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b"
    r"|[{};]\s*$|\w+\(.*\)\s*[;:{]?\s*$|^\s*[\w.\[\]]+ ?[-+*/]?= ?\S"
)
FENCE = re.compile(r"```[\s\S]*?(?:```|\Z)")
LINE = 400
LINES = re.compile(r"[\n>]+")


def fences(text: str) -> list[tuple[int, int]]:
    """Return the spans of fenced code."""
    return [found.span() for found in FENCE.finditer(text)] if "```" in text else []


def _core(span: str) -> str:
    """Return the part of a span that may be a name: the model runs over line ends and into house numbers."""
    lines: list[list[str]] = [
        [part for part in row.split() if not any(char.isdigit() for char in part)] for row in LINES.split(span)
    ]
    longest = max(lines, key=len)
    return " ".join(longest) or span


def _line(text: str, offset: int) -> str:
    """Return the line around an offset, no more of it than a line of code has: a text may be one line."""
    around = range(max(0, offset - LINE), min(len(text), offset + LINE))
    end = text.find("\n", offset, around.stop)
    return text[max(text.rfind("\n", around.start, offset) + 1, around.start) : end if end >= 0 else around.stop]


def weigh(text: str, start: int, end: int, fenced: list[tuple[int, int]]) -> float | None:
    """Return the score of a PERSON of the model; None for the name of a thing, a word of code or a public figure.

    The model takes many single words of code and of JSON for names. What is to count there has two words or more.
    """
    name = _core(text[start:end])
    bare = name.casefold().strip(".,:;!?'\"()").removesuffix("'s")
    parts = bare.split()
    if bare in FIGURES or not any(char.isalpha() for char in bare) or len(bare) < 2:  # noqa: PLR2004 - an initial
        return None
    if parts and all(part in TECHNOLOGY for part in parts):
        return None
    line = _line(text, text.index(name.split(" ", 1)[0], start))
    in_code = any(first <= start < last for first, last in fenced) or CODE_LINE.search(line) is not None
    words = [part for part in name.split() if not IDENTIFIER.search(part)]
    if not words or (in_code and name.islower()):
        return None
    if len(words) == 1 and (in_code or KEY.match(text, end) or (name.islower() and VALUE.fullmatch(line))):
        return None
    if in_code and not re.search(r"[#\"'/*]", line):
        return CODE
    return CODE if parts and parts[0] in TECHNOLOGY else PROSE


def identifier(text: str) -> bool:
    """Whether a span is one token that only a program writes."""
    return not any(char.isspace() for char in text) and IDENTIFIER.search(text) is not None
