"""Tokens that tell by their shape what they are, where Kingfisher has no rule or wants a name beside them; and JWTs.

The prefixes are those that vendors document for secret scanning. A publishable key (`pk_live_`) is none.
"""

import re
from collections.abc import Iterator

from proxy.detection.lexicon import words
from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.rules import Rule
from proxy.detection.recognizers.credentials.values import LONG, UUID, entropy, parts, random_like, stands_in, wordy

_UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_CLOUDS = (
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    r"GOCSPX-[\w-]{20,40}|ya29\.[\w-]{20,2048}|AIza[\w-]{35}|1//0[\w-]{30,200}|AQ\.Ab[\w-]{40,60}",
    r"do[opr]_v1_[0-9a-f]{64}|HRKU-[\w-]{30,70}",
    r"[\w~.]{3}[0-9]Q~[\w~.-]{31,36}|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
)
_VENDORS = (
    r"gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{40,255}|gl(?:pat|rt|dt|ptt|cbt|ft|soat|agent|imt|oas)-[\w.-]{20,300}",
    r"sk-(?:proj-|ant-|or-|svcacct-|admin-|lf-|api-)?[\w-]{20,300}|(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{16,250}|sk_[0-9a-f]{48}",
    r"whsec_[A-Za-z0-9+/=]{24,64}|xox[abcdeprs]-[\w-]{16,400}|xapp-[\w-]{20,300}|hf_[A-Za-z0-9]{30,40}|r8_[A-Za-z0-9]{30,40}",
    r"gsk_[A-Za-z0-9]{40,60}|xai-[A-Za-z0-9]{40,120}|pplx-[A-Za-z0-9]{40,60}|nvapi-[\w-]{40,80}|tvly-[\w-]{20,60}|fc-[0-9a-f]{32}",
    r"jina_[A-Za-z0-9]{40,80}|pcsk_\w{50,90}|lsv2_(?:pt|sk)_\w{40,60}|tgp_v1_[\w-]{40,50}|fw_[A-Za-z0-9]{22,30}|csk-[a-z0-9]{48}",
    r"npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,300}|rubygems_[0-9a-f]{48}|oy2[a-z2-7]{43}|cio[A-Za-z0-9]{32}|dckr_(?:pat|oat)_[\w-]{20,40}",
    r"SG\.[\w-]{16,40}\.[\w-]{16,60}|key-[0-9a-f]{32}|[0-9a-f]{32}-us[0-9]{1,2}|xkeysib-[0-9a-f]{64}-\w{16}",
    r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}|SK[0-9a-f]{32}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0(?:atp|csp|idp)-[\w-]{22,64}|EAAA[\w-]{50,64}",
    r"EAA[A-Z][A-Za-z0-9]{60,300}|rzp_live_\w{14}|lin_(?:api|oauth)_[A-Za-z0-9]{30,64}|ntn_[A-Za-z0-9]{30,60}|secret_[A-Za-z0-9]{43}",
    r"figd_[\w-]{30,60}|ATATT3[\w=-]{60,300}|pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|pat-(?:na|eu)[0-9]-"
    + _UUID
    + r"|tfp_[\w.-]{40,80}|sl\.[\w-]{130,160}",
    r"dapi[0-9a-f]{32}|NR(?:AK|II|JS)-[A-Z0-9]{20,32}|gl(?:sa|c)_[\w+/=]{30,200}|eyJrIjoi[\w-]{30,400}|sntry[su]_[\w+/=-]{40,300}",
    r"hcaik_\w{50,80}|phx_\w{40,50}|dt0[a-z]01\.[A-Z0-9]{24}\.[A-Z0-9]{64}|dp\.(?:pt|st|ct|scim|audit)\.[\w.-]{40,60}|hv[sbr]\.[\w-]{20,300}",
    r"nfp_[A-Za-z0-9]{30,60}|v[cp]p_[A-Za-z0-9]{24,60}|sbp_[0-9a-f]{40}|sb_secret_[\w-]{20,60}|rnd_[A-Za-z0-9]{28}|fo1_[\w-]{40,60}",
    r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}|pul-[0-9a-f]{40}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|sq[uap]_[0-9a-f]{40}|CCIPAT_\w{40,80}|bkua_[a-z0-9]{40,53}",
    r"AKCp[A-Za-z0-9]{60,73}|tskey-[a-z]{3,10}-[\w-]{20,60}|(?:sdk|api|mob)-"
    + _UUID
    + r"|napi_\w{60,70}|pscale_(?:tkn|pw|oauth)_[\w.-]{30,64}",
    r"apify_api_\w{30,40}|ops_eyJ[\w+/=]{100,900}|A3-[A-Z0-9]{6}-[A-Z0-9-]{20,40}|SWMTKN-1-[a-z0-9-]{60,90}",
    r"[MNO][A-Za-z0-9_-]{22,28}\.[\w-]{6}\.[\w-]{27,45}|[0-9]{8,10}:AA[\w-]{32,34}",  # Discord and Telegram
)
_LONG = re.compile(r"[A-Za-z0-9_+/=.:~-]{20,}")
_MIXED = re.compile(r"[0-9]|hf_|glpat-|A[KS]IA")
_PREFIX = re.compile(r"(?:[A-Za-z0-9]{1,12}[_.-](?=.{12}))+")
_CLOUD = re.compile(rf"(?<![A-Za-z0-9~,])(?:{'|'.join(_CLOUDS)})(?![A-Za-z0-9])")
_API = re.compile(rf"(?:(?<![A-Za-z0-9_])|(?<=/bot))(?:{'|'.join(_VENDORS)})(?![A-Za-z0-9])")
_WEBHOOK = Rule(
    "API_KEY",
    0.9,
    ("hook", "chat.google", "ifttt"),
    re.compile(
        r"(?P<value>hooks\.zapier\.com/hooks/catch/\d{4,12}/\w{5,12}|maker\.ifttt\.com/trigger/[\w-]{1,64}/(?:json/)?with/key/[\w-]{16,64}"
        r"|chat\.googleapis\.com/v1/spaces/[\w-]{8,20}/messages\?key=[\w-]{20,60}[^\s\"']{0,120}"
        r"|(?<=//)(?:[\w.-]{0,80}hooks?[\w-]{0,40}\.[\w.:-]{2,120}|[\w.:-]{3,120}(?:/[\w.-]{1,40}){0,3}/[\w-]{0,20}hooks?[\w-]{0,20})(?:/[\w.@-]{1,200}){1,8})"
    ),
    lambda address: any(_unguessable(part) for part in re.split("[/=?&]", address)) or "zapier" in address,
    folded=False,
)
"""Addresses that a message is posted to and that nobody can guess."""
_POSTED = Rule(
    "API_KEY",
    0.7,
    ("hook",),
    re.compile(
        r"hooks?(?:[_-]?(?:ur[li]|endpoint|address))?\\{0,3}[\"']?\s?[:=]\s?"
        r"(?:[\[{]?\s{0,40}[\[{-]?[^\[\]]{0,80}?\\{0,3}[\"']?ur[li]\\{0,3}[\"']?\s?[:=]\s?)?"
        r"\\{0,3}[\"']?https?://(?P<value>[\w.:-]{4,120}/[^\s\"'<>\\]{16,300})",
        re.IGNORECASE,
    ),
    lambda address: any(_unguessable(part) for part in re.split("[/=?&]", address)),
    folded=False,
)
"""The same where only their name says what they are for."""
_BOOTSTRAP = Rule(
    "GENERIC_SECRET",
    0.8,
    ("token", "kubeadm", "::"),
    re.compile(
        r"(?:(?<![\w.-])|(?<=::server:)|(?<=::node:))(?P<value>[a-z0-9]{6}\.[a-z0-9]{16}|(?<=::server:)[0-9a-f]{32,64}|(?<=::node:)[0-9a-f]{32,64})(?![\w.-])"
    ),
    lambda token: random_like(token.replace(".", "")),
    folded=False,
)
"""What lets a machine join a cluster: kubeadm's token, and the secret behind the hash of K3s."""
_JWT = Rule(
    "JWT",
    0.95,
    ("eyj",),
    re.compile(
        r"(?<![\w-])(?P<value>eyJ[\w-]{8,4096}\.eyJ[\w-]{4,8192}(?:\.[\w-]{8,2048})?|eyJ[\w-]{8,4096}\.(?:[\w-]{0,1024}\.){2}[\w-]{8,8192}\.[\w-]{8,512})"
    ),
    lambda token: not stands_in(token),
    folded=False,
)
MIN_TOKEN_ENTROPY = 2.8


def _unguessable(part: str) -> bool:
    """Whether a part of an address is as mixed as a key; an id is not."""
    return len(part) >= LONG and random_like(part) and not (UUID.fullmatch(part) or stands_in(part))


def find(reading: Reading) -> Iterator[Match]:
    """Yield tokens; the canonical form is the token itself."""
    yield from _JWT.find(reading)
    yield from _WEBHOOK.find(reading)
    yield from _POSTED.find(reading)
    yield from _BOOTSTRAP.find(reading)
    if max(map(len, reading.text.split()), default=0) < LONG:
        return
    for long in _LONG.finditer(reading.text):
        if not _MIXED.search(long[0]):
            continue
        for pattern, kind, score in ((_CLOUD, "CLOUD_CREDENTIAL", 0.95), (_API, "API_KEY", 0.9)):
            for found in pattern.finditer(reading.text, *long.span()):
                if genuine(found[0]):
                    yield Match(kind, found.start(), found.end(), score, found[0])


def genuine(token: str) -> bool:
    """Whether a token is none of the samples of documentation: the EXAMPLE keys, rows of x, words behind a prefix."""
    prefix = _PREFIX.match(token)
    body = token[prefix.end() :] if prefix else token
    if "EXAMPLE" in token or stands_in(body) or entropy(body) < MIN_TOKEN_ENTROPY:
        return False
    return body.isupper() or not (wordy(body) and (body.islower() or _spelled(body)))


def _spelled(body: str) -> bool:
    """Whether most letters of a body are those of words: random letters now and then pair as in words."""
    its = [part for part in parts(body) if part.isalpha()]
    return 2 * sum(len(part) for part in its if part in words()) >= sum(map(len, its))
