"""The corpus of secrets and of what looks like them: every item is the same in every run, and no item is anybody's.

Half of the items, by a hash of the name, are for tuning (`dev`), the other half only for judging (`held`).
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from bench.detection import secrets_benign as benign_texts
from bench.detection import secrets_code as code
from bench.detection import secrets_frames as frames
from bench.detection import secrets_talk as talk
from bench.detection import secrets_told as told
from bench.detection import secrets_values as values
from bench.detection import secrets_written as written


@dataclass(frozen=True, slots=True)
class Item:
    """One text. Every one of `secrets` must be found in it; without any, nothing may be."""

    name: str
    kind: str
    text: str
    secrets: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        return zlib.crc32(self.name.encode()) % 2 == 1


def secrets() -> Iterator[Item]:
    """Yield texts with secrets in them."""
    for at, (label, (env, make)) in enumerate(values.SHAPES.items()):
        for step, choices in enumerate((frames.ANY, frames.ANY, frames.BARE)):
            yield _framed(label, env, make, choices, 7 * at + 31 * step)
    rounds = (frames.PROSE, frames.CODE, frames.SETTINGS, frames.SETTINGS, frames.LOGS + frames.COMMANDS)
    for at, (label, (env, make)) in enumerate(values.NAMED.items()):
        for step, choices in enumerate(rounds):
            yield _framed(label, env, make, choices, at + 5 * step)
    for group in (told.PASSWORDS, told.COMMANDS, written.REQUESTS, written.FILES):
        yield from _filled(group)
    for label in written.KEY_LABELS:
        pem = values.Maker(label).pem(label)
        for way, text in written.keys(pem).items():
            if way != "headless" or label in values.HEADS:
                yield Item(f"{label}/{way}", label, text, (pem.split("\n")[1],))


def _filled(group: dict[str, tuple[str, ...]]) -> Iterator[Item]:
    for kind, texts in group.items():
        for at, template in enumerate(texts):
            name = f"{kind}/{at}"
            text, found = values.fill(template, values.Maker(name))
            yield Item(name, kind, text, tuple(found))


def _framed(label: str, env: str, make: values.Kind, choices: tuple[str, ...], at: int) -> Item:
    frame = choices[at % len(choices)]
    name = f"{label}/{frame[:40]}"
    secret = make(values.Maker(name), 0)
    words = env.lower().split("_")
    spelled = {
        "@LABEL@": label,
        "@ENV@": env,
        "@SNAKE@": env.lower(),
        "@KEBAB@": "-".join(words),
        "@CAMEL@": words[0] + "".join(word.title() for word in words[1:]),
        "«v»": secret,
    }
    text = frame
    for mark, its in spelled.items():
        text = text.replace(mark, its)
    return Item(name, label, text, (secret,))


def benign() -> Iterator[Item]:
    """Yield texts without secrets."""
    groups = (benign_texts.PLACEHOLDERS, talk.TALK, code.CODE, code.HASHES, talk.LONG)
    for kind, texts in zip(("placeholders", "talk", "code", "hashes", "long"), groups, strict=True):
        for at, template in enumerate(texts):
            yield _harmless(kind, str(at), template)
    for at, field in enumerate(benign_texts.NEUTRAL_NAMES):
        for step in range(2):
            value = benign_texts.NEUTRAL_VALUES[(at + step) % len(benign_texts.NEUTRAL_VALUES)]
            frame = benign_texts.NEUTRAL_FRAMES[(at + 2 * step) % len(benign_texts.NEUTRAL_FRAMES)]
            yield _harmless("neutral name", f"{field} {step}", frame.format(name=field, value=value))
    for at, value in enumerate(benign_texts.HARMLESS_VALUES):
        for step in range(3):
            field = benign_texts.SECRET_NAMES[(at + step) % len(benign_texts.SECRET_NAMES)]
            frame = ("{name} = {value}", "{name}: {value}", "{name}={value}")[step]
            yield _harmless("harmless value", f"{field} {value}", frame.format(name=field, value=value))


def _harmless(kind: str, name: str, template: str) -> Item:
    return Item(f"{kind}/{name}", kind, values.fill(template, values.Maker(name + template))[0])
