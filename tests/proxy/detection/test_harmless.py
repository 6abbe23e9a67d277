# ruff: noqa: E501 - texts are written as they are sent
"""Harmless requests must be free to go: what pins them keeps people from using their agents.

The requests have the shapes that agents, editors and chats send. Nobody and nothing secret is in them.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy.detection.analysis import Analyzer
from proxy.endpoints.chat import read

TAXONOMY = Path(__file__).parents[3] / "policies" / "taxonomy.yaml"
TOLERATED = 2
"""So many of the texts may be misread: `Raft` in a sentence looks like somebody to the model."""


def chat(*messages: dict[str, Any] | str, **fields: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": item} if isinstance(item, str) else item for item in messages]
    return {"model": "gpt-4o-mini", "messages": said, **fields}


def tool(name: str, description: str, properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def call(name: str, number: str, **arguments: Any) -> dict[str, Any]:
    called = {"id": number, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    return {"role": "assistant", "content": None, "tool_calls": [called]}


def result(number: str, value: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": number, "content": json.dumps(value)}


WEATHER = tool(
    "get_weather",
    "Get the current weather in a given location",
    {
        "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
    },
    ("location",),
)
SEARCH = tool(
    "searchDocs",
    "Full-text search over the product documentation",
    {"query": {"type": "string"}, "topK": {"type": "integer", "default": 5}, "sortBy": {"enum": ["Relevance", "Date"]}},
)
FILES = tool(
    "read_file",
    "Read a file from the workspace",
    {"filePath": {"type": "string"}, "startLine": {"type": "integer"}, "endLine": {"type": "integer"}},
    ("filePath",),
)

HARMLESS: dict[str, dict[str, Any]] = {
    "weather tool": chat("What is the weather like in Berlin today?", tools=[WEATHER], tool_choice="auto"),
    "weather call": chat(
        "Do I need an umbrella in Paris?",
        call("get_weather", "call_1", location="Paris, France", unit="celsius"),
        result("call_1", {"temp_c": 18.5, "condition": "Partly cloudy", "humidity": 61, "windDir": "NNW"}),
        tools=[WEATHER],
    ),
    "two tools of an editor": chat(
        {"role": "system", "content": "You are a coding agent. Use the tools to read files before you answer."},
        "Why does the build fail?",
        call("read_file", "call_9fKx2", filePath="src/main.rs", startLine=1, endLine=40),
        result("call_9fKx2", 'fn main() {\n    let cfg = Config::load("app.toml").unwrap();\n    run(cfg);\n}\n'),
        tools=[FILES, SEARCH],
        tool_choice={"type": "function", "function": {"name": "read_file"}},
    ),
    "documentation search": chat(
        "Find the page about retries.",
        call("searchDocs", "call_abc123", query="retry backoff", topK=3),
        result("call_abc123", [{"docId": "kb-118", "title": "Retries and Backoff", "score": 0.8123, "lang": "en"}]),
        model="gpt-4o-2024-08-06",
        tools=[SEARCH],
    ),
    "order status": chat(
        "Where is my parcel? My order number is 5521-2231.",
        call("get_order_status", "call_2", order_id="5521-2231"),
        result("call_2", {"order_id": "5521-2231", "status": "Shipped", "carrier": "DHL", "eta_days": 2}),
        tools=[tool("get_order_status", "Look up an order", {"order_id": {"type": "string"}})],
    ),
    "calendar tool": chat(
        "Block two hours for deep work on Thursday.",
        tools=[
            tool(
                "create_event",
                "Create an event in the calendar",
                {
                    "title": {"type": "string"},
                    "visibility": {"type": "string", "enum": ["Public", "Private", "Confidential"]},
                    "recurrence": {"type": "string", "enum": ["DAILY", "WEEKLY", "MONTHLY"]},
                },
            )
        ],
    ),
    "structured output": chat(
        "Extract the sentiment of: the battery lasts all day and the screen is bright.",
        response_format={
            "type": "json_schema",
            "json_schema": {
                "name": "SentimentResult",
                "strict": True,
                "schema": {
                    "type": "object",
                    "properties": {"label": {"enum": ["Positive", "Neutral", "Negative"]}, "score": {"type": "number"}},
                    "required": ["label", "score"],
                    "additionalProperties": False,
                },
            },
        },
    ),
    "python review": chat(
        "Review this:\n```python\nimport asyncio\nfrom dataclasses import dataclass\n\n@dataclass\nclass RetryPolicy:\n"
        "    max_attempts: int = 3\n    base_delay: float = 0.25\n\nasync def fetch(session, url, policy=RetryPolicy()):\n"
        "    for attempt in range(policy.max_attempts):\n        try:\n            async with session.get(url) as resp:\n"
        "                return await resp.json()\n        except ClientError:\n"
        "            await asyncio.sleep(policy.base_delay * 2 ** attempt)\n```"
    ),
    "java service": chat(
        "Add validation to this class.\n\npublic class OrderController {\n    private final OrderService orderService;\n"
        '    @PostMapping("/orders")\n    public ResponseEntity<Order> create(@RequestBody OrderRequest request) {\n'
        "        return ResponseEntity.ok(orderService.create(request));\n    }\n}"
    ),
    "typescript": chat(
        "Why is this type wider than I expect?\n\nexport const toMap = <K extends string, V>(rows: [K, V][]) =>\n"
        "  Object.fromEntries(rows) as Record<K, V>;\n\nconst parsed = toMap([['alpha', 1], ['beta', 2]]);"
    ),
    "go": chat(
        "Is there a race here?\n\nfunc (s *Store) Get(key string) (Value, bool) {\n\ts.mu.RLock()\n\tdefer s.mu.RUnlock()\n"
        "\tv, ok := s.items[key]\n\treturn v, ok\n}"
    ),
    "rust error": chat(
        "error[E0502]: cannot borrow `items` as mutable because it is also borrowed as immutable\n"
        "  --> src/lib.rs:42:9\n   |\n41 |     let first = &items[0];\n42 |     items.push(6);\nHow do I fix it?"
    ),
    "sql": chat(
        "Make this faster:\nSELECT o.id, o.total, c.region FROM orders o JOIN customers c ON c.id = o.customer_id\n"
        "WHERE o.created_at >= '2024-01-01' AND o.status IN ('Shipped', 'Pending')\nGROUP BY c.region "
        "ORDER BY o.total DESC LIMIT 100;"
    ),
    "schema": chat(
        "CREATE TABLE invoices (invoice_id BIGINT PRIMARY KEY, issued_on DATE NOT NULL, net NUMERIC(12,2));\n"
        "CREATE INDEX idx_invoices_issued ON invoices (issued_on);\nWhich index would help a range scan?"
    ),
    "log lines": chat(
        "What went wrong?\n2024-05-12T08:15:30.123Z INFO  worker-7 Starting batch job 48392017\n"
        "2024-05-12T08:15:31.004Z WARN  worker-7 Retrying (attempt 2/5) after 250 ms\n"
        "2024-05-12T08:15:36.998Z ERROR worker-7 Connection pool exhausted: active=50 idle=0 waiting=12"
    ),
    "traceback": chat(
        'Traceback (most recent call last):\n  File "/app/service/handlers.py", line 118, in handle\n'
        "    payload = schema.load(request.json)\nmarshmallow.exceptions.ValidationError: {'items': ['Missing data.']}"
    ),
    "shell": chat(
        "Explain each flag: rsync -avz --delete --exclude='node_modules/' ./build/ deploy@staging:/srv/www/ && "
        "find . -type f -name '*.log' -mtime +14 -print0 | xargs -0 rm -f"
    ),
    "docker and kubernetes": chat(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: checkout-api\n  labels:\n    app: checkout\nspec:\n"
        "  replicas: 3\n  template:\n    spec:\n      containers:\n        - name: api\n"
        "          image: registry.local/checkout:1.25.3\n          ports: [{containerPort: 8080}]\nWhy is it not ready?"
    ),
    "products": chat(
        "Compare Amazon Redshift, Google BigQuery and Snowflake with Apache Spark for nightly reports. We use Power BI "
        "and Grafana, and deploy with Argo CD on Azure Kubernetes Service."
    ),
    "phones as things": chat("Is the camera of the Galaxy S24 Ultra better than that of the iPhone 15 Pro Max?"),
    "places": chat(
        "Plan three days in Lisbon with a trip to Sintra; we arrive from Porto by train on Friday at 10:30."
    ),
    "history": chat("When was the Treaty of Westphalia signed, and which wars did it end?"),
    "cooking": chat("Give me a risotto for four with mushrooms, without wine, in under 40 minutes."),
    "maths": chat("Integrate x^2 * exp(-x) from 0 to infinity. Then factor 600851475143."),
    "finance": chat("Revenue grew 12.5% to $4,210,000 in Q3 2024; EBITDA was 1,234,567. What is the margin?"),
    "git": chat(
        "Write a commit message for:\ndiff --git a/app/cache.py b/app/cache.py\nindex 7fcd15a..4e0b6c9 100644\n"
        "--- a/app/cache.py\n+++ b/app/cache.py\n@@ -12,7 +12,7 @@ class LruCache:\n-        self._max = 100\n"
        "+        self._max = max_entries\n"
    ),
    "browser agent": chat(
        {"role": "system", "content": "You control a browser. Answer with one tool call."},
        "Open the pricing page.",
        call("browser_click", "call_Qx7", selector="a[href='/pricing']", waitFor="networkidle"),
        result(
            "call_Qx7", {"ok": True, "pageTitle": "Pricing", "elements": [{"tag": "button", "text": "Start trial"}]}
        ),
        tools=[
            tool("browser_click", "Click an element", {"selector": {"type": "string"}}),
            tool("browser_type", "Type into a field", {"selector": {"type": "string"}, "value": {"type": "string"}}),
        ],
        parallel_tool_calls=False,
    ),
    "ticket triage": chat(
        "Classify this ticket: the export button does nothing in Firefox since the last release.",
        tools=[
            tool(
                "classify_ticket",
                "Assign a category and a priority to a ticket",
                {
                    "category": {"type": "string", "enum": ["Billing", "Bug", "Feature Request", "Outage"]},
                    "priority": {"type": "string", "enum": ["P1", "P2", "P3"]},
                    "assignedTeam": {"type": "string", "enum": ["Frontend", "Backend", "Platform"]},
                },
            )
        ],
        user="u-7f3a91",
        metadata={"traceId": "b7ad6b7169203331", "stage": "Prod"},
    ),
    "numbers in json": chat(
        call("run_query", "call_77", table="sensor_readings"),
        result(
            "call_77", {"rows": [{"sensorId": "TX-204", "ts": 1700000000, "val": 0.4829384918273645, "unit": "kPa"}]}
        ),
        "Is the pressure rising?",
    ),
    "csv": chat(
        "sku,qty,warehouse\nAB-1002,14,North\nAB-1003,0,South\nAB-2001,230,East\nWhich items are out of stock?"
    ),
    "german": chat("Was ist der Unterschied zwischen Wetter und Klima? Antworte bitte in drei Sätzen."),
    "marketing": chat(
        "Write a slogan for a reusable coffee cup called Loop, and a LinkedIn post of 80 words about it."
    ),
    "notebook": chat(
        "import numpy as np\nimport pandas as pd\n\ndf = pd.read_csv('sales.csv', parse_dates=['Date'])\n"
        "monthly = df.groupby(pd.Grouper(key='Date', freq='M'))['Revenue'].sum()\nmonthly.plot(title='Monthly Revenue')"
    ),
    "html": chat(
        '<form class="checkout"><label for="qty">Quantity</label><input id="qty" type="number" min="1">'
        '<button type="submit">Add to Cart</button></form>\nMake it accessible.'
    ),
    "openapi": chat(
        json.dumps(
            {
                "openapi": "3.0.3",
                "info": {"title": "Inventory API", "version": "1.4.0"},
                "paths": {"/items/{itemId}": {"get": {"operationId": "getItemById"}}},
            }
        )
        + "\nGenerate a client in Python."
    ),
    "regular expression": chat(r"What does ^(?:[A-Z]{2}-)?\d{4,6}(?:\.\d+)?$ match? Give me five examples."),
    "proper nouns": chat("Explain how Raft differs from Paxos and why Zab was invented for ZooKeeper."),
    "terraform": chat(
        'resource "aws_s3_bucket" "logs" {\n  bucket = "acme-logs-prod"\n  tags = { Environment = "Prod", Owner = "Platform" }\n'
        "}\nEnable versioning."
    ),
}


@pytest.fixture(scope="module")
def floors() -> dict[str, float]:
    """The types that the shipped policies keep at home, and the score from which they do."""
    classes = yaml.safe_load(TAXONOMY.read_text())["classes"]
    kept = {name: its for name, its in classes.items() if its.get("ceiling") == ["onprem"]}
    found = {kind: its["floor"] for its in kept.values() for kind in its.get("entities", ())}
    return found | {"UNSCANNED": 0.0, "UNCOVERED": 0.0}


def kept_home(analyzer: Analyzer, body: dict[str, Any], floors: dict[str, float]) -> set[tuple[str, str]]:
    scan = analyzer.analyze(read(body, 64).units)
    return {(one.entity_type, one.path) for one in scan.findings if one.score >= floors.get(one.entity_type, 2.0)}


def test_harmless_requests_are_free_to_go(analyzer: Analyzer, floors: dict[str, float]) -> None:
    held = {name: found for name, body in HARMLESS.items() if (found := kept_home(analyzer, body, floors))}
    assert len(HARMLESS) >= 35
    assert len(held) <= TOLERATED, held


@pytest.mark.parametrize(
    "body",
    [
        chat("def f():\n    # ask Maria Gonzalez about this\n    return 1"),
        chat(call("find_customer", "call_1", query="Maria Gonzalez")),
        chat(
            "List them.", result("call_1", {"rows": [{"assignee": "Maria Gonzalez", "state": "Open"}]}), tools=[WEATHER]
        ),
        chat("INSERT INTO staff (who) VALUES ('Maria Gonzalez');"),
        chat({"role": "user", "name": "Maria Gonzalez", "content": "Hello"}),
        chat("2024-05-12T08:15:30Z INFO  worker-7 mail sent to Maria Gonzalez"),
        chat("Hello", tools=[tool("lookup", "Find the file of Maria Gonzalez", {})]),
    ],
)
def test_a_full_name_in_the_same_places_is_not(
    body: dict[str, Any], analyzer: Analyzer, floors: dict[str, float]
) -> None:
    assert "PERSON" in {kind for kind, _ in kept_home(analyzer, body, floors)}
