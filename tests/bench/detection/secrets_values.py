"""Invented values for the corpus of secrets, made at run time: no file holds anything that looks like a token.

A template marks a secret as «kind» or «kind:size», and what only looks like one as «-kind» or «-kind:size».
"""

import base64
import json
import random
import re
import string
from collections.abc import Callable

ALNUM = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
URL64 = ALNUM + "-_"
STD64 = ALNUM + "+/"
BASE32 = string.ascii_uppercase + "234567"
MARK = re.compile(r"«(-?)(\w+)(?::(\w+))?»")

HEADS = {
    "RSA PRIVATE KEY": "MIIEpAIBAAKCAQEA",
    "PRIVATE KEY": "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
    "EC PRIVATE KEY": "MHcCAQEEI",
    "OPENSSH PRIVATE KEY": "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAE",
    "DSA PRIVATE KEY": "MIIBuwIBAAKBgQ",
    "PGP PRIVATE KEY BLOCK": "lQOYBF",
    "CERTIFICATE": "MIIDdzCCAl+gAwIBAgIE",
    "PUBLIC KEY": "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
}
"""How the body of a key begins: its DER header in base64."""


class Maker:
    """Values drawn from one seed, so that an item is the same in every run."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def draw(self, alphabet: str, size: int) -> str:
        """Return so many characters, with a digit and a letter among them where the alphabet has both."""
        while True:
            text = "".join(self.random.choices(alphabet, k=size))
            mixed = any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
            if (
                mixed
                or size < 6
                or not (set(alphabet) & set(string.digits) and set(alphabet) & set(string.ascii_letters))
            ):
                return text

    def hex(self, size: int) -> str:
        return self.draw("0123456789abcdef", size)

    def alnum(self, size: int) -> str:
        return self.draw(ALNUM, size)

    def url64(self, size: int) -> str:
        return self.draw(ALNUM, 1) + self.draw(URL64, size - 2) + self.draw(ALNUM, 1)

    def std64(self, size: int) -> str:
        return base64.b64encode(self.random.randbytes(size)).decode()

    def digits(self, size: int) -> str:
        return self.draw("123456789", 1) + self.draw(string.digits, size - 1)

    def uuid(self) -> str:
        text = self.hex(32)
        return "-".join((text[:8], text[8:12], "4" + text[13:16], "a" + text[17:20], text[20:]))

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def jwt(self, **claims: object) -> str:
        parts = [
            {"alg": self.pick("HS256", "RS256"), "typ": "JWT"},
            {"sub": self.digits(9), "iat": 1716239022} | claims,
        ]
        body = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return ".".join([*body, self.url64(43)])

    def pem(self, label: str, *, lines: int = 6) -> str:
        body = HEADS.get(label, "") + self.draw(STD64, 64 * lines)
        body = "\n".join(body[at : at + 64] for at in range(0, 64 * lines, 64))
        return f"-----BEGIN {label}-----\n{body}\n{self.draw(STD64, 22)}==\n-----END {label}-----"

    def password(self) -> str:
        """Return what a person thinks of when a rule asks for a capital, a digit and a sign."""
        word = self.pick(
            "Sommer", "Winter", "Falcon", "Berlin", "Welcome", "Tiger", "coffee", "Madrid", "Rocket", "summer"
        )
        number = self.pick("2023", "2024", "99", "123", "07", "1984", "42")
        sign = self.pick("!", "#", "@", "$", "?", "*", "!!")
        return self.pick(word + number + sign, word + sign + number, sign + number + word, f"{word}-{number}{sign}")

    def leet(self) -> str:
        return self.pick(
            "hunter2", "p4ssw0rd1", "qwerty123", "m0nkey77", "dr4gon88", "letmein42", "abc12345x", "s3cr3tPass"
        )

    def word(self) -> str:
        return self.pick(
            "sunshine", "butterfly", "monkey", "dragon", "princess", "trustno1", "fluffybunny", "blueberry"
        )

    def strong(self) -> str:
        return (
            self.draw(ALNUM, 5)
            + self.draw("!#%^&*?@", 2)
            + self.draw(ALNUM, 6)
            + self.draw("_-+=.~", 1)
            + self.alnum(3)
        )


Kind = Callable[[Maker, int], str]


def _sized(name: str) -> Kind:
    return lambda make, size: getattr(make, name)(size)


VALUES: dict[str, Kind] = {
    "hex": _sized("hex"),
    "HEX": lambda m, size: m.hex(size).upper(),
    "alnum": _sized("alnum"),
    "lower": lambda m, size: m.draw(LOWER, size),
    "upper": lambda m, size: m.draw(UPPER, size),
    "url64": _sized("url64"),
    "std64": _sized("std64"),
    "base32": lambda m, size: m.draw(BASE32, size),
    "digits": _sized("digits"),
    "uuid": lambda m, _: m.uuid(),
    "pw": lambda m, _: m.password(),
    "leet": lambda m, _: m.leet(),
    "word": lambda m, _: m.word(),
    "strong": lambda m, _: m.strong(),
    "pin": lambda m, size: m.digits(size or 4),
    "jwt": lambda m, _: m.jwt(),
    "basic": lambda m, _: base64.b64encode(f"svc-{m.draw(LOWER, 4)}:{m.strong()}".encode()).decode(),
    "bcrypt": lambda m, _: f"$2{m.pick('a', 'b', 'y')}$12$" + m.draw(ALNUM + "./", 53),
    "apr1": lambda m, _: "$apr1$" + m.alnum(8) + "$" + m.draw(ALNUM + "./", 22),
    "sha512crypt": lambda m, _: "$6$" + m.alnum(16) + "$" + m.draw(ALNUM + "./", 86),
    "awsid": lambda _m, _: "AKIAIOSFODNN7" + "EXAMPLE",
    "awssecret": lambda _m, _: "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
    "jwtdoc": lambda _m, _: (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        "."
        "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
        "."
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
    ),
    "stripedoc": lambda _m, _: "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "slackdoc": lambda _m, _: "https://hooks.slack.com/services/" + "T00000000/B00000000/" + "X" * 24,
    "totpdoc": lambda _m, _: "JBSWY3DP" + "EHPK3PXP",
    "words12": lambda m, _: " ".join(m.random.sample(SEED_WORDS, 12)),
}
_WORDS = """
ladder orbit velvet cactus window gossip tuition harvest marble oxygen puzzle quantum ribbon salmon tobacco umbrella
violin walnut zebra anchor bamboo cradle dolphin echo
"""
SEED_WORDS = _WORDS.split()

# What vendors issue. Each can be told from its shape alone.
SHAPES: dict[str, tuple[str, Kind]] = {
    "GitHub token": ("GITHUB_TOKEN", lambda m, _: "ghp_" + m.alnum(36)),
    "GitHub fine-grained token": ("GH_TOKEN", lambda m, _: "github_pat_" + m.alnum(22) + "_" + m.alnum(59)),
    "GitHub app token": ("GITHUB_APP_TOKEN", lambda m, _: "ghs_" + m.alnum(36)),
    "GitLab token": ("GITLAB_TOKEN", lambda m, _: "glpat-" + m.url64(20)),
    "GitLab runner token": ("RUNNER_TOKEN", lambda m, _: "glrt-" + m.url64(20)),
    "OpenAI key": ("OPENAI_API_KEY", lambda m, _: "sk-proj-" + m.url64(74) + "T3Blbk" + "FJ" + m.url64(74)),
    "old OpenAI key": ("OPENAI_KEY", lambda m, _: "sk-" + m.alnum(20) + "T3Blbk" + "FJ" + m.alnum(20)),
    "Anthropic key": ("ANTHROPIC_API_KEY", lambda m, _: "sk-ant-api03-" + m.url64(93) + "AA"),
    "OpenRouter key": ("OPENROUTER_API_KEY", lambda m, _: "sk-or-v1-" + m.hex(64)),
    "DeepSeek key": ("DEEPSEEK_API_KEY", lambda m, _: "sk-" + m.hex(32)),
    "Groq key": ("GROQ_API_KEY", lambda m, _: "gsk_" + m.alnum(52)),
    "xAI key": ("XAI_API_KEY", lambda m, _: "xai-" + m.alnum(80)),
    "Perplexity key": ("PPLX_API_KEY", lambda m, _: "pplx-" + m.alnum(48)),
    "Hugging Face token": ("HF_TOKEN", lambda m, _: "hf_" + m.draw(string.ascii_letters, 34)),
    "Replicate token": ("REPLICATE_API_TOKEN", lambda m, _: "r8_" + m.alnum(37)),
    "NVIDIA key": ("NVIDIA_API_KEY", lambda m, _: "nvapi-" + m.url64(64)),
    "Tavily key": ("TAVILY_API_KEY", lambda m, _: "tvly-dev-" + m.alnum(32)),
    "Firecrawl key": ("FIRECRAWL_API_KEY", lambda m, _: "fc-" + m.hex(32)),
    "LangSmith key": ("LANGSMITH_API_KEY", lambda m, _: "lsv2_pt_" + m.hex(32) + "_" + m.hex(10)),
    "Langfuse secret key": ("LANGFUSE_SECRET_KEY", lambda m, _: "sk-lf-" + m.uuid()),
    "Pinecone key": ("PINECONE_API_KEY", lambda m, _: "pcsk_" + m.alnum(5) + "_" + m.alnum(63)),
    "Jina key": ("JINA_API_KEY", lambda m, _: "jina_" + m.hex(32) + m.alnum(28)),
    "Stripe key": ("STRIPE_SECRET_KEY", lambda m, _: "sk_live_" + m.alnum(24)),
    "restricted Stripe key": ("STRIPE_RK", lambda m, _: "rk_live_" + m.alnum(99)),
    "Stripe webhook secret": ("STRIPE_WEBHOOK_SECRET", lambda m, _: "whsec_" + m.alnum(32)),
    "Slack bot token": ("SLACK_BOT_TOKEN", lambda m, _: f"xoxb-{m.digits(12)}-{m.digits(13)}-{m.alnum(24)}"),
    "Slack user token": ("SLACK_TOKEN", lambda m, _: f"xoxp-{m.digits(12)}-{m.digits(12)}-{m.digits(13)}-{m.hex(32)}"),
    "Slack app token": ("SLACK_APP_TOKEN", lambda m, _: f"xapp-1-A{m.draw(UPPER, 10)}-{m.digits(13)}-{m.hex(64)}"),
    "Slack webhook": (
        "SLACK_WEBHOOK_URL",
        lambda m, _: f"https://hooks.slack.com/services/T{m.draw(UPPER, 10)}/B{m.draw(UPPER, 10)}/{m.alnum(24)}",
    ),
    "Discord webhook": (
        "DISCORD_WEBHOOK",
        lambda m, _: f"https://discord.com/api/webhooks/{m.digits(19)}/{m.url64(68)}",
    ),
    "Teams webhook": (
        "TEAMS_WEBHOOK",
        lambda m, _: (
            f"https://contoso.webhook.office.com/webhookb2/{m.uuid()}@{m.uuid()}/IncomingWebhook/{m.hex(32)}/{m.uuid()}"
        ),
    ),
    "Discord bot token": (
        "DISCORD_TOKEN",
        lambda m, _: base64.b64encode(m.digits(18).encode()).decode() + f".G{m.alnum(5)}.{m.url64(38)}",
    ),
    "Telegram bot token": ("TELEGRAM_BOT_TOKEN", lambda m, _: m.digits(10) + ":AA" + m.url64(33)),
    "Twilio API key": ("TWILIO_API_KEY", lambda m, _: "SK" + m.hex(32)),
    "SendGrid key": ("SENDGRID_API_KEY", lambda m, _: f"SG.{m.url64(22)}.{m.url64(43)}"),
    "Mailgun key": ("MAILGUN_API_KEY", lambda m, _: "key-" + m.hex(32)),
    "Mailchimp key": ("MAILCHIMP_API_KEY", lambda m, _: m.hex(32) + "-us" + m.pick("7", "14", "21")),
    "Brevo key": ("BREVO_API_KEY", lambda m, _: f"xkeysib-{m.hex(64)}-{m.alnum(16)}"),
    "Resend key": (
        "RESEND_API_KEY",
        lambda m, _: f"re_{m.draw('123456789ABCDEFGHJKabcdefgh', 8)}_{m.draw('123456789ABCDEFGHJKabcdefgh', 24)}",
    ),
    "npm token": ("NPM_TOKEN", lambda m, _: "npm_" + m.alnum(36)),
    "PyPI token": ("TWINE_PASSWORD", lambda m, _: "pypi-" + "AgEIcHlwaS5vcmc" + m.url64(140)),
    "RubyGems key": ("GEM_HOST_API_KEY", lambda m, _: "rubygems_" + m.hex(48)),
    "NuGet key": ("NUGET_API_KEY", lambda m, _: "oy2" + m.draw("abcdefghijklmnop234567", 43)),
    "Docker Hub token": ("DOCKERHUB_TOKEN", lambda m, _: "dckr_pat_" + m.url64(27)),
    "Shopify token": ("SHOPIFY_ACCESS_TOKEN", lambda m, _: "shpat_" + m.hex(32)),
    "Square token": ("SQUARE_ACCESS_TOKEN", lambda m, _: "sq0" + "atp-" + m.url64(22)),
    "Linear key": ("LINEAR_API_KEY", lambda m, _: "lin_api_" + m.alnum(40)),
    "Notion token": ("NOTION_TOKEN", lambda m, _: "ntn_" + m.digits(11) + m.alnum(35)),
    "old Notion token": ("NOTION_KEY", lambda m, _: "secret_" + m.alnum(43)),
    "Figma token": ("FIGMA_TOKEN", lambda m, _: "figd_" + m.url64(40)),
    "Atlassian token": ("JIRA_API_TOKEN", lambda m, _: "ATATT3xFfGF0" + m.url64(171) + "=" + m.hex(8).upper()),
    "Airtable token": ("AIRTABLE_PAT", lambda m, _: "pat" + m.alnum(14) + "." + m.hex(64)),
    "Databricks token": ("DATABRICKS_TOKEN", lambda m, _: "dapi" + m.hex(32)),
    "New Relic key": ("NEW_RELIC_API_KEY", lambda m, _: "NRAK-" + m.draw(UPPER, 27)),
    "Grafana token": ("GRAFANA_TOKEN", lambda m, _: "glsa_" + m.alnum(32) + "_" + m.hex(8)),
    "Sentry token": ("SENTRY_AUTH_TOKEN", lambda m, _: "sntryu_" + m.hex(64)),
    "Doppler token": ("DOPPLER_TOKEN", lambda m, _: "dp.pt." + m.alnum(43)),
    "Vault token": ("VAULT_TOKEN", lambda m, _: "hvs." + m.url64(94)),
    "Netlify token": ("NETLIFY_AUTH_TOKEN", lambda m, _: "nfp_" + m.alnum(36)),
    "Heroku key": ("HEROKU_API_KEY", lambda m, _: "HRKU-" + m.url64(60)),
    "DigitalOcean token": ("DIGITALOCEAN_TOKEN", lambda m, _: "dop_v1_" + m.hex(64)),
    "Supabase key": ("SUPABASE_SERVICE_KEY", lambda m, _: "sb_secret_" + m.url64(31)),
    "Render key": ("RENDER_API_KEY", lambda m, _: "rnd_" + m.alnum(28)),
    "Fly token": ("FLY_API_TOKEN", lambda m, _: "fo1_" + m.url64(43)),
    "Google API key": ("GOOGLE_MAPS_KEY", lambda m, _: "AIza" + "Sy" + m.url64(33)),
    "Google client secret": ("GOOGLE_CLIENT_SECRET", lambda m, _: "GOCSPX-" + m.url64(28)),
    "Google refresh token": ("GOOGLE_REFRESH_TOKEN", lambda m, _: "1//0" + m.url64(98)),
    "Google access token": ("GOOGLE_ACCESS_TOKEN", lambda m, _: "ya29." + m.url64(120)),
    "AWS access key id": ("AWS_ACCESS_KEY_ID", lambda m, _: "AKIA" + m.draw(BASE32, 16)),
    "Azure client secret": ("AZURE_CLIENT_SECRET", lambda m, _: m.alnum(3) + "8Q~" + m.url64(34)),
    "Azure DevOps token": ("AZURE_DEVOPS_PAT", lambda m, _: m.alnum(76) + "AZDO" + m.alnum(4)),
    "Terraform Cloud token": ("TFE_TOKEN", lambda m, _: m.alnum(14) + ".atlasv1." + m.url64(67)),
    "Pulumi token": ("PULUMI_ACCESS_TOKEN", lambda m, _: "pul-" + m.hex(40)),
    "Postman key": ("POSTMAN_API_KEY", lambda m, _: f"PMAK-{m.hex(24)}-{m.hex(34)}"),
    "Sonar token": ("SONAR_TOKEN", lambda m, _: "squ_" + m.hex(40)),
    "CircleCI token": ("CIRCLE_TOKEN", lambda m, _: f"CCIPAT_{m.alnum(22)}_{m.hex(40)}"),
    "Buildkite token": ("BUILDKITE_TOKEN", lambda m, _: "bkua_" + m.hex(40)),
    "Artifactory key": ("JFROG_API_KEY", lambda m, _: "AKCp" + m.alnum(69)),
    "HubSpot token": ("HUBSPOT_TOKEN", lambda m, _: "pat-na1-" + m.uuid()),
    "Typeform token": ("TYPEFORM_TOKEN", lambda m, _: "tfp_" + m.url64(59)),
    "Dropbox token": ("DROPBOX_TOKEN", lambda m, _: "sl." + m.url64(135)),
    "Facebook token": ("FB_PAGE_TOKEN", lambda m, _: "EAAC" + m.alnum(150)),
    "Tailscale key": ("TS_AUTHKEY", lambda m, _: f"tskey-auth-{m.alnum(12)}-{m.alnum(32)}"),
    "LaunchDarkly key": ("LD_SDK_KEY", lambda m, _: "sdk-" + m.uuid()),
    "age key": ("SOPS_AGE_KEY", lambda m, _: "AGE-SECRET-KEY-1" + m.draw("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
    "JWT": ("ACCESS_TOKEN", lambda m, _: m.jwt()),
    "Nostr key": ("NOSTR_KEY", lambda m, _: "nsec1" + m.draw("qpzry9x8gf2tvdw0s3jn54khce6mua7l", 58)),
}

# What has no shape of its own: only its name tells.
NAMED: dict[str, tuple[str, Kind]] = {
    "AWS secret key": ("AWS_SECRET_ACCESS_KEY", lambda m, _: m.draw(STD64, 40)),
    "AWS session token": ("AWS_SESSION_TOKEN", lambda m, _: "IQoJb3JpZ2luX2Vj" + m.draw(STD64, 200)),
    "Azure storage account key": ("AZURE_STORAGE_KEY", lambda m, _: m.std64(64)),
    "Azure OpenAI api key": ("AZURE_OPENAI_API_KEY", lambda m, _: m.hex(32)),
    "Datadog api key": ("DD_API_KEY", lambda m, _: m.hex(32)),
    "Datadog app key": ("DATADOG_APP_KEY", lambda m, _: m.hex(40)),
    "Twilio auth token": ("TWILIO_AUTH_TOKEN", lambda m, _: m.hex(32)),
    "Cloudflare API token": ("CLOUDFLARE_API_TOKEN", lambda m, _: m.url64(40)),
    "Vercel token": ("VERCEL_TOKEN", lambda m, _: m.alnum(24)),
    "Okta API token": ("OKTA_API_TOKEN", lambda m, _: "00" + m.url64(40)),
    "Auth0 client secret": ("AUTH0_CLIENT_SECRET", lambda m, _: m.url64(64)),
    "client secret": ("OAUTH_CLIENT_SECRET", lambda m, _: m.alnum(32)),
    "Cohere api key": ("COHERE_API_KEY", lambda m, _: m.alnum(40)),
    "Mistral api key": ("MISTRAL_API_KEY", lambda m, _: m.alnum(32)),
    "ElevenLabs api key": ("XI_API_KEY", lambda m, _: m.hex(32)),
    "SerpAPI key": ("SERPAPI_API_KEY", lambda m, _: m.hex(64)),
    "Algolia admin key": ("ALGOLIA_ADMIN_KEY", lambda m, _: m.hex(32)),
    "Postmark server token": ("POSTMARK_SERVER_TOKEN", lambda m, _: m.uuid()),
    "webhook secret": ("GITHUB_WEBHOOK_SECRET", lambda m, _: m.hex(40)),
    "signing secret": ("SLACK_SIGNING_SECRET", lambda m, _: m.hex(32)),
    "JWT secret": ("JWT_SECRET", lambda m, _: m.std64(32)),
    "session secret": ("SESSION_SECRET", lambda m, _: m.alnum(48)),
    "encryption key": ("ENCRYPTION_KEY", lambda m, _: m.std64(32)),
    "Django secret key": ("SECRET_KEY", lambda m, _: m.draw(LOWER + "!@#%^&*(-_=+)", 50)),
    "Laravel app key": ("APP_KEY", lambda m, _: "base64:" + m.std64(32)),
    "Rails secret_key_base": ("SECRET_KEY_BASE", lambda m, _: m.hex(128)),
    "Rails master key": ("RAILS_MASTER_KEY", lambda m, _: m.hex(32)),
    "NextAuth secret": ("NEXTAUTH_SECRET", lambda m, _: m.std64(32)),
    "access token": ("API_ACCESS_TOKEN", lambda m, _: m.alnum(40)),
    "refresh token": ("REFRESH_TOKEN", lambda m, _: m.url64(43)),
    "internal api key": ("INTERNAL_API_KEY", lambda m, _: m.alnum(24)),
    "service token": ("SERVICE_TOKEN", lambda m, _: m.url64(32)),
    "Pusher app secret": ("PUSHER_APP_SECRET", lambda m, _: m.hex(20)),
    "Spotify client secret": ("SPOTIFY_CLIENT_SECRET", lambda m, _: m.hex(32)),
    "Wireguard private key": ("WG_PRIVATE_KEY", lambda m, _: m.std64(32)),
    "wallet private key": ("ETH_PRIVATE_KEY", lambda m, _: "0x" + m.hex(64)),
    "database password": ("DB_PASSWORD", lambda m, _: m.strong()),
    "SMTP password": ("SMTP_PASSWORD", lambda m, _: m.password()),
    "Redis password": ("REDIS_PASSWORD", lambda m, _: m.alnum(18)),
    "admin password": ("ADMIN_PASSWORD", lambda m, _: m.password()),
    "root password": ("MYSQL_ROOT_PASSWORD", lambda m, _: m.leet()),
    "keystore passphrase": ("KEYSTORE_PASSPHRASE", lambda m, _: m.strong()),
}


def fill(template: str, make: Maker) -> tuple[str, list[str]]:
    """Return the text of a template and the secrets in it."""
    secrets: list[str] = []

    def value(mark: re.Match[str]) -> str:
        made = VALUES[mark[2]](make, int(mark[3] or 0))
        if not mark[1]:
            secrets.append(made)
        return made

    return MARK.sub(value, template), secrets
