# ruff: noqa: E501 - patterns and word lists are read in one piece
"""How a value is joined to its name: assigned, listed, called, as an element's text, beside it in a table, below it."""

import re
from dataclasses import dataclass
from typing import Literal

from proxy.detection.recognizers.credentials.names import Name
from proxy.detection.recognizers.credentials.values import clean

Joint = Literal["plain", "nested", "pair", "body", "list", "cell", "csv", "call", "tag", "gap", "line"]
"""`plain`: an operator; `nested`: `X: {value: V}`; `pair`: `name: X, value: V`; `body`: a command or call that gives the named thing a value."""

_CLOSED = r"(?:\\{0,4}[\"'`]|[\])*_}]|\[\d{0,4}\]){0,4}"
_TYPED = r"(?:[ \t][A-Za-z][\w.*]{0,20}[ \t]=[ \t](?=[\"'`])|:[ \t]?&?(?:'static[ \t]str|\[u8;[ \t]?\d{1,3}\])[ \t]?=|:[ \t]{0,2}[A-Za-z_&][\w.\[\]<>|?&*]{0,30}[ \t]{0,2}=(?![=>]))"
_OPERATOR = (
    r"(?:=>|==|:{0,3}=|\|\|=|\?{1,2}=|[.+]=|::|:-(?=[^\s}]{1,200}\})|:|->|→|\{(?=[ \t]?[\"']))(?:[*_]{1,2}(?=[ \t]))?"
)
_OR = r"(?:\?[?:]|\|\||or|else)[ \t]*(?=[\"'`])"
_WRAPPED = (
    r"(?:[ \t]{0,4}&?(?:new[ \t])?[\w.:$]{0,60}"
    r"(?:decode\w{0,8}|fromhex|parsehex|unhexlify|from\w{0,12}|atob|secretstr|secret_?string|securestring|quote|bytes|"
    r"string|to_?string|str|ptr|plaintext|sensitive|secret|some)\((?:new[ \t]\w{1,20}\()?(?=[\"'`]))?"
)
"""What turns a literal into the type that is wanted: `= Hex.decode("...")`, `= SecretStr("...")`."""
_FALLBACK = r"(?:[ \t]{0,4}[A-Za-z_$][\w.$:>!-]{0,80}(?:\([^()\n]{0,60}\)|\[[^\]\n]{0,60}\])?[ \t]{0,4}" + _OR + ")?"
"""What is asked before the literal that stands in for it: `= process.env.TOKEN ?? "..."`."""
_NESTED = r"\\{0,3}[\"'][ \t]?:?[ \t]?\{[^{}]{0,200}?(?:\bdefault[ \t]*=|\\{0,3}[\"']value\\{0,3}[\"'][ \t]?:)"
_ATTRIBUTES = r"(?:\s[\w:-]{1,20}=[\"'][^\"'\n]{0,60}[\"']){0,4}"
_BELOW = r"\\?\"?[ \t]{0,4},?(?:\\{1,2}n|\r?\n)?[ \t]{0,24}\\{0,3}\"?(?:[A-Za-z]{1,12}_?)?[Vv]alue\\{0,3}\"?[ \t]?[:=]"
JOINT = re.compile(
    "(?:(?P<nested>"
    + _NESTED
    + ")|"
    + _CLOSED
    + r"[ \t]{0,24}(?:\([^()\n]{0,30}\)[ \t]?)?(?:"
    + _TYPED
    + "|"
    + _OPERATOR
    + "(?:"
    + _FALLBACK
    + "(?i:"
    + _WRAPPED
    + "))|"
    + _OR
    + r")(?P<plain>)|(?P<pair>"
    + _BELOW
    + "|[\"']"
    + _ATTRIBUTES
    + r" (?:value|content)=)"
    + r"|(?P<body>[ \t]--(?:body|value)[ =]|[\"'\])]{1,4}\)?\.(?:send_keys|type|fill|setValue|set|val)\()"
    + r"|(?P<list>[\"'][ \t]?\]?,)|(?P<cell>"
    + _CLOSED
    + r"[ \t]{0,24}\|)|(?P<csv>,(?=[^\s,]{8,512},?(?:\r?\n|$)))|(?P<call>\()|(?P<tag></t[dh]>\s{0,8}<t[dh]\b[^<>]{0,80}>\s{0,24}|</(?:\w{0,12}name|key)>\s{0,40}<(?:\w{0,12}value|string|data)>\s{0,24}|[\"']?"
    + _ATTRIBUTES
    + r">\s{0,24}(?:<value>\s{0,24})?)|(?P<gap>(?=[ \t])(?:[ \t]{1,4}(?:[0-9]|ENC)(?=[ \t]))?))[ \t]{0,24}"
)
_VALUE = re.compile(
    r"(?:[bBfFrRuUN@$]{0,2}(?:[\"'](?=\\[\"']))?(?P<quote>\\{0,4}(?:\"{3}|'{3}|[\"'`]))(?P<quoted>[^\n]{0,512}?)(?P=quote)"
    r"|[\"'`*_(\[]{0,3}(?P<bare>[^\s\"'`<>]{1,512}))"
)
_NEXT_LINE = re.compile(
    r"[ \t]*[|>]?[-+]?[ \t]*\r?\n(?:[-=]{2,}\r?\n)?[ \t>]{0,12}[`*\"]{0,3}(?P<bare>[^\s\"'`<>]{4,512})[`*\"]{0,3}[ \t]*(?=\r?\n|$)"
)
_ELEMENT = re.compile(r"(?P<bare>[^\s<>][^<>\n]{2,126}[^\s<>])\s{0,24}</")
_CHANGED = re.compile(r"[ \t]{0,4}(?:->|=>|→)[ \t]{0,4}[\"'](?P<quoted>[^\n\"']{1,512})[\"']")
_DECODES = re.compile(r"(?:decode\w{0,8}|hex|unhexlify|atob)\(", re.IGNORECASE)
_ENCODED = re.compile(r"[ \t]?,[ \t]?[\"'](?:hex|base64)[\"']", re.IGNORECASE)
_FIELD = re.compile(r"[,;&](?=[\w.\[\]-]{1,40}=)|[;,](?=$|\s)|;")


@dataclass(frozen=True, slots=True)
class Value:
    """What stands behind a name: how it is joined to it, whether it is quoted, and where it lies."""

    joint: Joint
    quoted: bool
    text: str
    start: int
    decoded: bool = False
    """Whether it is decoded into bytes where it stands, as keys are."""

    @property
    def end(self) -> int:
        """The offset behind the value."""
        return self.start + len(self.text)


def values_of(text: str, name: Name) -> list[Value]:
    """Return what stands behind a name: mostly one value or none; in a difference, the old one and the new."""
    joint = JOINT.match(text, name.end)
    if joint is None:
        return []
    kind: Joint = joint.lastgroup or "plain"  # type: ignore[assignment]  # the groups are named for the joints
    if kind == "gap" and text[name.end] == "\t":
        kind = "cell"
    if kind == "plain" and joint[0].rstrip().endswith(":"):
        below = _NEXT_LINE.match(text, joint.end())
        if below:
            return [Value("line", quoted=False, text=clean(below["bare"]), start=below.start("bare"))]
    element = _ELEMENT.match(text, joint.end()) if kind == "tag" else None
    if element:
        return [Value(kind, quoted=False, text=element["bare"], start=element.start("bare"))]
    found = _VALUE.match(text, joint.end())
    if found is None:
        return []
    if found["quoted"] is None:
        bare = found["bare"]
        end = _FIELD.search(bare)
        return [Value(kind, quoted=False, text=clean(bare[: end.start()] if end else bare), start=found.start("bare"))]
    values = [_quoted(kind, found, decoded=_is_decoded(text, joint[0], found))]
    changed = _CHANGED.match(text, found.end())
    return [*values, _quoted(kind, changed)] if changed else values


def _is_decoded(text: str, joint: str, found: re.Match[str]) -> bool:
    return found[0].startswith("b") or bool(_DECODES.search(joint) or _ENCODED.match(text, found.end()))


def _quoted(kind: Joint, found: re.Match[str], *, decoded: bool = False) -> Value:
    lead = len(found["quoted"]) - len(found["quoted"].lstrip())
    return Value(kind, quoted=True, text=found["quoted"].strip(), start=found.start("quoted") + lead, decoded=decoded)
