# ruff: noqa: E501 - texts are written as they are sent
"""Where secrets stand: in talk, code, settings, logs, commands and headers.

@LABEL@ is what people call it, @ENV@, @SNAKE@, @CAMEL@ and @KEBAB@ its name in code; «v» is the secret itself.
"""

PROSE = (
    "hey, my @LABEL@ is «v» and I still get a 401 - any idea why?",
    "Here's the @LABEL@: «v»",
    "use this @LABEL@ «v» for staging pls",
    "@LABEL@ = «v». Please rotate it after the demo.",
    "I accidentally pushed the @LABEL@ `«v»` to main, how do I purge it from the history?",
    "Access for the new vendor\n\n- Account: acme-eu\n- @LABEL@: **«v»**\n- Valid until Friday",
    'The @LABEL@ ("«v»") stopped working yesterday, what could it be?',
    "| Setting | Value |\n|---|---|\n| Region | eu-west-1 |\n| @LABEL@ | `«v»` |\n",
    "Ticket 4312: customer cannot sync.\nSteps: set @LABEL@ to «v», press Save.\nExpected: sync starts.",
    "From: ops@corp.test\nSubject: access\n\nHi,\nas discussed, the @LABEL@ is:\n\n    «v»\n\nDon't forward it.\n",
    "@LABEL@ -> «v»",
    "Can you write a script that reads the orders? @LABEL@ «v», base URL https://api.shop.test/v2, page size 50.",
    "ok so the @LABEL@ we got is «v», does it go in the header or in the query string?",
    "new @LABEL@ (the old one was revoked): «v»",
)
CODE = (
    'import requests\n\n@SNAKE@ = "«v»"\nr = requests.get(URL, headers=build(@SNAKE@), timeout=10)\n',
    "const @CAMEL@ = '«v»';\nconst client = createClient({ @CAMEL@, retries: 3 });",
    'export const config = {\n  region: "eu-west-1",\n  @CAMEL@: "«v»",\n  debug: true,\n};',
    'func main() {\n\t@CAMEL@ := "«v»"\n\tc := NewClient(@CAMEL@)\n\tdefer c.Close()\n}',
    'public class Config {\n    private static final String @ENV@ = "«v»";\n    private int retries = 3;\n}',
    'var settings = new Settings {\n    @CAMEL@ = "«v»",\n    Timeout = TimeSpan.FromSeconds(30)\n};',
    "<?php\ndefine('@ENV@', '«v»');\n$client = new Client(@ENV@);",
    "$config['@SNAKE@'] = '«v»';",
    "ENV['@ENV@'] ||= '«v»'\nFaraday.new(url: BASE)",
    'let @SNAKE@ = "«v»";\nlet client = Client::builder().timeout(TIMEOUT).build()?;',
    'val @CAMEL@: String = "«v»"\nval http = OkHttpClient()',
    'let @CAMEL@ = "«v»"\nURLSession.shared.dataTask(with: request).resume()',
    "os.environ[\"@ENV@\"] = '«v»'\n",
    "settings = dict(\n    host='api.internal',\n    @SNAKE@='«v»',\n    retries=3,\n)",
    "{'region': 'eu', '@SNAKE@': '«v»', 'debug': True}",
    'Why does mypy complain?\n```python\nclass Settings(BaseSettings):\n    @SNAKE@: str = "«v»"\n    debug: bool = False\n```',
    'const c = new Client({@CAMEL@:"«v»",region:"eu"});',
    "@ENV@ = os.getenv('@ENV@', '«v»')",
    'static const char *@SNAKE@ = "«v»";',
    '#define @ENV@ "«v»"\n#define TIMEOUT_MS 500',
)
SETTINGS = (
    "DEBUG=false\n@ENV@=«v»\nLOG_LEVEL=info\n",
    '@ENV@="«v»"\n',
    "# .env.production\nexport @ENV@='«v»'\n",
    "[default]\nregion = eu-west-1\n@SNAKE@ = «v»\n",
    "app:\n  name: billing\n  @SNAKE@: «v»\n  replicas: 2\n",
    'service:\n  @CAMEL@: "«v»"\n',
    '[service]\nname = "billing"\n@SNAKE@ = "«v»"\n',
    '{"region": "eu-west-1", "@SNAKE@": "«v»", "debug": false}',
    '{\\"region\\": \\"eu-west-1\\", \\"@SNAKE@\\": \\"«v»\\"}',
    "<config>\n  <region>eu</region>\n  <@CAMEL@>«v»</@CAMEL@>\n</config>",
    '<add key="@CAMEL@" value="«v»" />',
    "spring.application.name=billing\napp.@KEBAB@=«v»\n",
    "services:\n  api:\n    image: billing:1.4\n    environment:\n      - @ENV@=«v»\n      - LOG_LEVEL=info\n",
    'env:\n  - name: LOG_LEVEL\n    value: info\n  - name: @ENV@\n    value: "«v»"\n',
    "FROM python:3.12-slim\nENV @ENV@=«v»\nRUN pip install .\n",
    'resource "app_service" "api" {\n  region = "eu"\n  @SNAKE@ = "«v»"\n}',
    '[{"name": "LOG_LEVEL", "value": "info"}, {"name": "@ENV@", "value": "«v»"}]',
    "diff --git a/.env b/.env\n@@ -1,2 +1,3 @@\n DEBUG=false\n+@ENV@=«v»\n",
    '{"cells": [{"cell_type": "code", "source": ["import os\\n", "os.environ[\\"@ENV@\\"] = \\"«v»\\"\\n"]}]}',
    "name,value\nregion,eu\n@SNAKE@,«v»\n",
)
LOGS = (
    "2024-05-12T08:15:30Z DEBUG config loaded: region=eu-west-1 @SNAKE@=«v» retries=3",
    "INFO  request headers={'Accept': '*/*', 'X-Api-Key': '«v»'} status=403",
    '{"level":"debug","ts":1715501730,"msg":"settings","@CAMEL@":"«v»"}',
    "time=2024-05-12T08:15:30Z level=INFO msg=login @SNAKE@=«v» user=svc-42",
    "KeyError at startup; os.environ was {'PATH': '/usr/bin', '@ENV@': '«v»', 'HOME': '/root'}",
)
COMMANDS = (
    'curl -s -H "Authorization: Bearer «v»" https://api.internal.test/v1/me',
    "curl https://api.internal.test/v1/items -H 'X-API-Key: «v»' -d '{}'",
    "heroku config:set @ENV@=«v» -a billing",
    'gh secret set @ENV@ --body "«v»"',
    "kubectl create secret generic api --from-literal=@ENV@=«v» -n prod",
    "./sync --region eu --@KEBAB@ «v» --verbose",
    "./sync --@KEBAB@=«v» --dry-run",
    "GET /v1/items?page=2&@SNAKE@=«v» HTTP/1.1\nHost: api.internal.test",
    'setx @ENV@ "«v»"',
    '$env:@ENV@ = "«v»"',
    "docker run -e @ENV@=«v» -p 8080:8080 billing:1.4",
    "@ENV@=«v» npm run deploy",
    "POST /v1/items HTTP/1.1\nHost: api.internal.test\nX-Api-Key: «v»\nContent-Type: application/json\n\n{}",
)
ANY = PROSE + CODE + SETTINGS + LOGS + COMMANDS
# A shape is seen without a name, too.
BARE = (
    "is «v» still valid?",
    "«v»",
    "what kind of credential is this: «v»",
    'client = Client("«v»", timeout=30)',
    "Found in the wiki:\n\n> «v»\n\nWho owns it?",
    "error: bad credentials («v»), giving up after 3 attempts",
    "https://api.internal.test/v1/items?k=«v»&page=2",
    "cat notes.txt\n«v»\n$ ",
    '["«v»", "eu-west-1"]',
    "<li><code>«v»</code></li>",
)
