# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Names of secrets: `DB_PASSWORD`, `clientSecret`, `x-api-key`, Kennwort; but not `primary_key`, `max_tokens`, `password_hint`.

A name is found by a word in it and judged by its parts, so that one list serves code, settings, headers and talk.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from proxy.detection.recognizers.credentials.values import parts

Kind = Literal["password", "secret", "token", "key"]
"""`secret`: whatever is mixed counts; `token`: only what is long and mixed; `key`: the same, and the word is vague."""

_HIT = re.compile(
    r"pass(?!ive|eng|ed|es|ing|ion|age|port|thr)|pwd|pw|kennwort|wachtwoord|senha|contrase|clave|hasł|haslo|lösen|losenord|mdp|psk"
    r"|adgangskode|salasana|heslo|geslo|parola|jelsz[óo]|lozinka|kod(?:e)?ord|[sş]ifre|пароль|密码|密碼|パスワード|비밀번호|secret|token(?!iz)|key(?!board|word|frame|up|down|press)|cred(?!it)"
    r"|auth(?!or|ent)|schlüssel|geheimnis|jwt|salt|pepper|seed|bearer|community|_(?:pat|sk|pin)(?![a-z])"
    r"|schluessel|(?<![a-z])cl[eé]s?(?=[_-])|llave|chiave|chave|klucz|sleutel|nyckel|nøgle"
)
STEMS = tuple(
    (  # noqa: SIM905 - words read better
        "pass|pw|kennwort|wachtwoord|senha|contrase|clave|hasł|haslo|lösen|losenord|mdp|psk|adgangskode|salasana|"
        "heslo|geslo|parola|jelsz|lozinka|kodord|kodeord|ifre|пароль|密码|密碼|パスワード|비밀번호|secret|token|key|cred|auth|"
        "schlüssel|geheimnis|jwt|salt|pepper|seed|bearer|community|_pat|_sk|_pin|schluessel|cle|clé|llave|chiave|"
        "chave|klucz|sleutel|nyckel|nøgle"
    ).split("|")
)
"""What stands in every match of _HIT."""
MAX_LEFT = 64
_LEFT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.$")
_REST = re.compile(r"[\w-]{0,48}")
_BEFORE = re.compile(r"(?<![\w.])([a-z][a-z0-9]{1,20}) $")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PASSWORDS = _set(
    """
    password passwords passwd passwort passwörter kennwort pwd pw pass passphrase passcode psk wachtwoord senha contraseña
    contrasena clave hasło hasła haslo lösenord lösenordet losenord mdp adgangskode adgangskoden salasana heslo geslo parola jelszó
    jelszo lozinka kodeord kodord şifre sifre пароль 密码 密碼 パスワード 비밀번호 rocommunity rwcommunity
    lösen passord storepass keypass dbpass userpass sshpass mypass requirepass masterauth passw pswd passwrd psswd motdepasse
    """
)
_PASSWORD_ENDS = ("password", "passwd", "passwort", "kennwort", "passphrase", "passwordplaintext", "rootpw", "rootpass")
_NO_PASS = _set(
    "bypass compass encompass trespass overpass underpass surpass multipass lastpass keepass renderpass subpass firstpass boardingpass"
)
_SAY_LITTLE = _set("pass clave parola psk")
"""Words that mean a password only beside a sign of one: to pass, la clave del éxito."""
_KEYS = _set("key keys schlüssel")
_FOREIGN_KEYS = _set("cle clé cles clés clave llave chiave chave klucz sleutel nyckel nøgle schluessel schlüssel")
_FOREIGN_KEY_OF = _set(
    """
    api secreta secreto secrete secrète segreta tajny geheime hemlig privee privée privada privata prywatny cifrado chiffrement cifratura
    criptografia szyfrowania verschluesselung verschlüsselung kryptering versleuteling firma signature acces accès acceso accesso acesso
    """
)
"""What a key is for where the noun comes first: `CLE_CHIFFREMENT`, `clave_api`."""
_PASSWORD_BESIDE = {
    "passe": _set("mot palavra"),
    "community": _set("snmp"),
    "pin": _set(
        "admin alarm badge card device door gate login lock safe security sim token unlock user voicemail wallet"
    ),
}
"""Words that are a password's only behind certain others."""
_KEY_OF = _set(
    """
    access account admin administrator aes algolia anthropic api app application auth authentication authorization azure bot client
    consumer cookie crypto datadog dd decryption deploy deployment dev developer django encrypt encrypted encryption eth fernet flask function functions github gitlab google hmac host hub ingest ingestion instrumentation integration internal iot jwt ld license live logged
    gateway mailgun management maps mapbox master nonce nostr openai org organization partner personal private prod production project
    publish rails recovery rest root rsa sas sdk search secret security seed send sendgrid server service session shared sign signature signing
    activation licence ssh ssl storage stripe upstream relay subscription tls twilio unseal user vault wallet webhook wg wifi wireguard wlan wpa wpa2 write
    """
)
_KEYS_JOINED = re.compile(
    r"(?:api|access|secret|auth|account|master|private|signing|encryption|subscription|storage|shared|app|service|admin|security)keys?"
)
VENDORS = frozenset(
    """
    adyen airtable akismet algolia amplitude anthropic auth0 bugsnag clerk cloudflare cohere contentful datadog deepl deepgram discord dropbox elevenlabs fastly
    firebase gemini giphy github gitlab groq heroku honeycomb hubspot huggingface intercom launchdarkly linear loggly logtail mailchimp mailgun mailjet mandrill mapbox
    maptiler mistral mixpanel mollie netlify newrelic notion okta openai openweather openweathermap opsgenie pagerduty papertrail pinecone plaid postmark pusher razorpay
    recaptcha replicate resend rollbar segment sendgrid sentry shodan shopify slack snyk sonar square statuspage stripe supabase telegram tomtom trello twilio typeform
    unsplash vercel virustotal vonage weatherapi wolfram zapier zendesk
    """.split()  # noqa: SIM905 - words read better
)
"""Makers of services whose keys stand under their names alone."""
_TOKENS = _set("token tokens accesstoken authtoken apitoken bottoken refreshtoken sessiontoken bearertoken")
_TOKEN_OF = _set(
    """
    access admin api app auth authorization bearer bot ci client dd deploy deployment discord gh github gitlab hf id invitation
    invite jwt login magic npm oauth oauth2 personal private pypi refresh reset runner sas secret security server service session
    slack ssh telegram user vault verification account
    """
)
_OTHERS = _set("auth jwt bearer pat credential credentials creds cred")
_SEASONING = _set("salt salts pepper seed sk")
"""Words that name a secret only behind what it is for: `session_salt`, `totp_seed`."""
_NOT_PASSWORD_BEFORE = _set(
    """
    forgot reset has is show hide toggle require requires min max no without validate check hashed encrypted verify last wrong invalid
    bad weak allow enable disable use by per failed
    """
)
_NOT_TOKEN_BEFORE = _set(
    """
    next page continuation sync resume cursor pagination eos bos pad unk sep cls mask special stop end max min num n total prompt
    completion input output cached reasoning per last first prev previous csrf xsrf authenticity public device push batch image audio
    delimiter design color lexer current start count text sub word request cancellation change target source new used free extra
    existing estimated average avg budget hashed encrypted
    """
)
_NOT_KEY_BEFORE = _NOT_TOKEN_BEFORE | _set(
    """
    primary foreign cache partition sort object routing dedup idempotency row hash range unique index composite natural surrogate
    candidate map dict json registry group event arrow enter escape tab shift hot short message translation i18n s3 bucket lock rate
    site query order lookup redis tree node item react data config setting meta param header env variable host correlation asset
    """
)
_NEVER_AFTER = _set(
    """
    backend method engine driver domain region lifetime strategy
    access_id age alg algo algorithm allowed arg arn array at audience board boards bucket change changed checksum claim claims class
    code codes column confirmation cost costs count counts data date denied desc description details digest dir disabled enabled
    encoder encryption endpoint end env error errors event events exchange expiration expire expired expires expiry family field
    fields file filename files fingerprint flow format frame generator group groups guard handler hash hashes hashing header help
    helper hint id ids idx index info input interceptor issuer iterations kind label len length limit limits list lookup manager map
    max md5 message messages meta metadata mgr middleware min mode name names note notes offset owner pair pairs param parameter
    parser path paths pattern per placeholder policies policy pos position prefix press price prompt provider range rate ref regex
    request required reset resolver response result ring rings role roles rotation row rule rules safe salt schema scope scopes score
    server service set sha sha1 sha256 size sizes source space spaces start state stats status store strength stroke suffix table
    template text time timeout times title ttl type types uri url usage user users util utils valid validator validity var variable
    vault vaults version versions word words
    """
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a secret in a text: what it names, where it stands, and the character before it."""

    kind: Kind
    text: str
    start: int
    end: int
    before: str

    @property
    def vague(self) -> bool:
        """Whether the word means a password only beside a sign of one."""
        return self.text.lower() in _SAY_LITTLE

    @property
    def option(self) -> bool:
        """Whether it is an option of a command, whose value follows behind a space."""
        return self.before == "-"

    @property
    def variable(self) -> bool:
        """Whether it stands for a value that is elsewhere: `$PASSWORD`, `user.password`."""
        return self.text.startswith("$") or self.before in ("$", ".", "/", "@", "&", "<")


def find(text: str, low: str) -> Iterator[Name]:
    """Yield the names in a text. `low` is the same text in lower case, of the same length."""
    done = 0
    for hit in _HIT.finditer(low):
        start = hit.start()
        if start < done:
            continue
        floor = max(done, start - MAX_LEFT)
        while start > floor and (text[start - 1] in _LEFT or (text[start - 1] > "\x7f" and text[start - 1].isalpha())):
            start -= 1
        rest = _REST.match(text, hit.end())
        done = rest.end() if rest else hit.end()
        name = text[start:done].strip("-.")
        start = text.index(name, start)
        if "---" in name:
            continue  # the armour of a key
        if name.lower() == "passe" and low.startswith("mot de ", start - 7):
            name = "mot_de_passe"
        kind = kind_of(name)
        said = _BEFORE.search(low, max(0, start - 24), start) if kind in ("key", "token") else None
        if said:
            name = f"{said[1]}_{name}"
            kind = kind_of(name)
        if kind:
            yield Name(kind, name, start, done, text[start - 1 : start] if start else "")


@lru_cache(maxsize=8192)
def kind_of(name: str) -> Kind | None:
    """Return what a name is a name of; None when it is none of a secret."""
    its = parts(name)
    whole = _whole(name, its)
    if whole or name.lower() == "auth0":
        return whole
    for at in range(len(its) - 1, -1, -1):
        before, after = frozenset(its[:at]), its[at + 1 :]
        kind = _kind(its[at], before)
        if kind is None:
            continue
        if _NEVER_AFTER.intersection(after):
            return None
        never = {"password": _NOT_PASSWORD_BEFORE, "key": _NOT_KEY_BEFORE}.get(kind, _NOT_TOKEN_BEFORE)
        return None if never & before else kind
    return None


def _whole(name: str, its: list[str]) -> Kind | None:
    """Return what a name is a name of by all of it: seasoning in capitals, the id of a vendor's key, a key abroad."""
    if name in ("SALT", "PEPPER"):
        return "token"
    if its[-3:] == ["access", "key", "id"] and its[:-3] and (name.isupper() or "aws" in its):
        return "token"
    return "secret" if _FOREIGN_KEYS.intersection(its) and _FOREIGN_KEY_OF.intersection(its) else None


def _kind(part: str, before: frozenset[str]) -> Kind | None:
    beside = _PASSWORD_BESIDE.get(part)
    joined = part.endswith(("pw", "pass")) and part not in _NO_PASS and len(part) > len("pass")
    if part in _PASSWORDS or part.endswith(_PASSWORD_ENDS) or joined or (beside and beside & before):
        return "password"
    if part in ("secrets", "geheimnis") or part.endswith("secret") or _KEYS_JOINED.fullmatch(part):
        return "secret"
    if part in _KEYS:
        return "secret" if _KEY_OF & before or any(word.endswith("api") for word in before) else "key"
    if part in _TOKENS:
        return "secret" if part.rstrip("s") != "token" or _TOKEN_OF & before else "token"
    if part in _FOREIGN_KEYS:
        return "key"
    return "token" if part in _OTHERS or (part in _SEASONING and before) else None
