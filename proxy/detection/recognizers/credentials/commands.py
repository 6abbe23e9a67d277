# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Passwords on command lines, where they stand by position and not below a name, and what commands print of secrets."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import (
    MIN_PASSWORD,
    UUID,
    clean,
    dotted_words,
    given_password,
    random_like,
    refers,
    stands_in,
    strong_password,
)

Good = Callable[[str], bool]
_WORD = r"(?:\"(?P<double>[^\"\n]{3,128})\"|'(?P<single>[^'\n]{3,128})'|(?P<bare>[^\s\"'|;<>&]{3,128}))"


@dataclass(frozen=True, slots=True)
class _Command:
    """A command: words of which one must be there, the pattern of its line, and what may be its password."""

    gates: tuple[str, ...]
    pattern: re.Pattern[str]
    good: Good
    folded: bool


def _command(gates: str, pattern: str, good: Good = given_password, *, folded: bool = False) -> _Command:
    return _Command(tuple(gates.split("|")), re.compile(pattern.replace("VALUE", _WORD)), good, folded)


_COMMANDS = (
    _command("mysql|mariadb", r"(?:mysql\w{0,8}|mariadb[\w-]{0,8})[ \t][^\n|;]{0,160}?(?<=\s)-pVALUE"),
    _command("sshpass", r"sshpass[ \t]+-p[ \t]?VALUE"),
    _command("redis-cli", r"redis-cli\b[^\n|;]{0,120}?\s(?:-a|--pass)[ \t]VALUE"),
    _command(
        "login|mongo|sqlcmd|osql|bcp|mosquitto|psexec|ipmitool|cqlsh|influx|lftp",
        r"(?:(?:docker|podman|helm|az|oc|cf|nerdctl|skopeo|registry)\b[^\n|;]{0,40}?\blogin|mongo\w{0,8}|sqlcmd|osql|bcp|mosquitto_\w{3}|psexec|ipmitool|cqlsh"
        r"|influx|lftp)\b[^\n|;]{0,160}?\s-[pP][ \t]VALUE",
    ),
    _command("ldap", r"ldap(?:search|modify|add|delete|whoami|passwd)\b[^\n|;]{0,200}?\s-w[ \t]VALUE"),
    _command("lftp", r"lftp\b[^\n|;]{0,80}?\s-u[ \t][\"']?[\w.@-]{1,64},VALUE"),
    _command(
        "com2sec|rocommunity|rwcommunity", r"(?:com2sec6?[ \t]+\S{1,40}[ \t]+\S{1,40}|r[ow]community6?)[ \t]+VALUE"
    ),
    _command("snmp", r"snmp(?:walk|get\w{0,4}|set|bulk\w{0,4}|table|trap|status)\b[^\n|;]{0,120}?\s-[cAX][ \t]?VALUE"),
    _command(
        "system snmp community",
        r"system snmp community[ \t]*\n(?:[ \t]+[^\n]{0,80}\n){0,4}?[ \t]+set name VALUE",
    ),
    _command(
        " -u|--user",
        r"(?:curl|http|https|xh|wget)\b[^|;]{0,300}?\s(?:-u|--user)[ \t=]{1,2}[\"']?(?P<bare>[A-Za-z0-9_-]{16,128}):(?=[\"'\s])",
        random_like,
    ),
    _command(
        "community",
        r"snmp[^\n]{0,40}\n(?:[ \t]+[^\n]{0,80}\n){0,3}?[ \t]+(?:r[ow]_?)?community[\"']?[ \t]?[:=][ \t]?VALUE",
    ),
    _command("community", r"snmp\w{0,4}[\"']?[ \t]?[:=][ \t]?\{[^{}\n]{0,80}?[\"']community[\"'][ \t]?:[ \t]?VALUE"),
    _command("useradd|usermod", r"user(?:add|mod)\b[^\n|;]{0,80}?\s(?:-p|--password)[ \t=]VALUE"),
    _command("pass ", r"USER [^\n]{1,64}\n(?:[^\n]{0,80}\n){0,2}?[^\n]{0,12}(?<!\w)PASS VALUE"),
    _command("7z", r"7za?\b[^\n|;]{0,80}?\s-pVALUE"),
    _command("zip", r"(?:un)?zip\b[^\n|;]{0,80}?\s-P[ \t]?VALUE"),
    _command("pass:", r"-(?:passin|passout|pass|k)[ \t]pass:VALUE"),
    _command(
        "chpasswd",
        r"[\"'\s<]{1,2}[\w.-]{1,64}:(?P<bare>[^\s\"':|]{4,128})[\"']?[ \t]{0,4}\|[ \t]{0,4}(?:sudo )?chpasswd",
    ),
    _command("chpasswd", r"chpasswd[ \t]{0,4}<<<[ \t]{0,4}[\"']?[\w.-]{1,64}:(?P<bare>[^\s\"']{4,128})"),
    _command(
        "password-stdin|kinit|passwd --stdin|sudo -s",
        r"(?:echo|printf|<<<)[ \t]{1,3}(?:-n )?VALUE[ \t]{0,4}(?:\||$|\n)",
    ),
    _command("net use", r"net\b[ \t]use\b[^\n]{0,160}?/user:[^\s]{1,80}[ \t]VALUE"),
    _command("net user", r"net\b[ \t]user[ \t][\w.\\-]{1,64}[ \t]VALUE"),
    _command("htpasswd", r"htpasswd\b[^\n|;]{0,60}?-\w{0,6}b\w{0,6}[ \t][^\s]{1,120}[ \t][\w.@-]{1,64}[ \t]VALUE"),
    _command("requirepass|masterauth", r"(?:requirepass|masterauth)[ \t]VALUE"),
    _command("rabbitmqctl", r"rabbitmqctl\b[^\n]{0,60}?(?:add_user|change_password)[ \t]\S{1,64}[ \t]VALUE"),
    _command("nmcli", r"nmcli\b[^\n]{0,160}?[ \t](?:password|[\w.-]{0,30}psk)[ \t]VALUE"),
    _command("key content", r"key content[ \t]{0,16}:[ \t]VALUE", folded=True),
    _command(
        "isakmp key|pre-shared-key|chap password|ppp pap",
        r"(?:isakmp key|pre-shared-key(?: ascii-text| local| remote)?|(?:chap|pap)[^\n]{0,40}? password)(?:[ \t][0-9])?[ \t]VALUE",
        strong_password,
        folded=True,
    ),
    _command("rdesktop|freerdp|mstsc", r"(?:rdesktop|\wfreerdp|mstsc)\b[^\n|;]{0,160}?\s(?:-p[ \t]?|/p:)VALUE"),
    _command("schtasks", r"schtasks\b[^\n]{0,200}?[ \t]/rp[ \t]VALUE", folded=True),
    _command("openssl", r"openssl[ \t]\w[^\n|;]{0,160}?\s-(?:k|K|passwd)[ \t]VALUE"),
    _command("vault login", r"vault[ \t]login[ \t](?:token=)?VALUE"),
    _command(
        "smbclient|rpcclient|winexe",
        r"(?:smbclient|rpcclient|winexe)\b[^\n|;]{0,120}?-U[ \t]?[\"']?[\w.\\/-]{1,64}%VALUE",
    ),
    _command("convertto-securestring", r"convertto-securestring[ \t](?:-string[ \t])?VALUE", folded=True),
    _command("identified by", r"identified by[ \t](?:password[ \t])?VALUE", folded=True),
    _command("sp_addlogin|sp_password", r"(?:sp_addlogin|sp_password)[ \t][^\n,]{1,80},[ \t]?n?VALUE", folded=True),
    _command("aws configure", r"aws[ \t]configure[ \t]set[ \t][\w.]{1,60}[ \t]VALUE"),
    _command(
        "enable secret|snmp-server|key-string|tacacs-server|radius-server",
        r"(?:enable secret|snmp-server community|key-string|tacacs-server key|radius-server key)(?:[ \t][057])?[ \t]VALUE",
        strong_password,
        folded=True,
    ),
    _command(
        "username", r"username \S{1,40} (?:password|secret)(?:[ \t][057])?[ \t]VALUE", strong_password, folded=True
    ),
    _command("_auth", r"_auth(?:Token)?[ \t=]{1,2}VALUE", random_like),
    _command(
        " -u|--user|--proxy-user|-a |--auth|--cred",
        r"(?<=[\s\"'])(?:-u|--user|--proxy-user|-a|--auth|--creds|--credentials)(?:[ \t=]{1,2})[\"']?[^\s:\"'$<{]{1,80}:(?P<bare>[^\s\"'|;]{3,128})",
    ),
)
_PRINTED = re.compile(
    r"(?:^|\n)[ \t]{0,4}(?:[\w@:~.-]{0,40}[$#>%] ?|\+ )?(?:cat \S{0,60}(?:secret|password|passwd|token|\.key)\S{0,40}|pass show \S{1,80}|op read \S{1,120}|gopass show \S{1,80}"
    r"|[^\n]{0,160}\| ?base64 (?:-d|-D|--decode)|vault kv get -field=\S{1,40} \S{1,80}|security find-generic-password [^\n]{1,120}"
    r"|(?:gcloud|aws|az|doppler|kubectl)\b[^\n]{0,120}(?:secret|password)[^\n]{0,160}|echo \$\{?\w{0,30}(?:SECRET|PASSWORD|PASSWD|PASS|PW(?!D)|TOKEN|KEY)\w{0,10}\}?)[ \t]*\n(?P<value>\S{6,256})[ \t]*(?:\n|$)"
)
_PRINTING = ("cat ", "base64 -", "pass show", "op read", "kv get", "find-generic", "secret", "password", "echo $")
_NO_VALUE = ("$", "-", "%", "<")


def find(reading: Reading) -> Iterator[Match]:
    """Yield passwords by position; the canonical form is the password."""
    text = reading.text
    for command in _COMMANDS:
        if reading.has(*command.gates):
            for found in command.pattern.finditer(reading.low if command.folded else text):
                yield from _judged(text, found, command.good)
    if "\n" in text and reading.has(*_PRINTING):
        for found in _PRINTED.finditer(text):
            value = clean(found["value"])
            if strong_password(value) or (random_like(value) and not stands_in(value)):
                yield Match("PASSWORD", found.start("value"), found.start("value") + len(value), 0.7, value)


def _judged(text: str, found: re.Match[str], good: Good) -> Iterator[Match]:
    name = next((name for name in ("double", "single", "bare") if found.groupdict().get(name)), "bare")
    value = clean(text[found.start(name) : found.end(name)])
    if value.startswith(_NO_VALUE) or len(value) < MIN_PASSWORD or stands_in(value):
        return
    told = name != "bare" and dotted_words(value)
    if refers(value) and not told:
        return
    if told or good(value) or random_like(value) or UUID.fullmatch(value):
        yield Match(
            "PASSWORD", found.start(name), found.start(name) + len(value), 0.8 if strong_password(value) else 0.6, value
        )
