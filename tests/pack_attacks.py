"""Every attack on a pack, and what each verifier has to find: one table for all of them."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO

from packs import Workshop, block, members, raw_member

from audit.pack import tar
from audit.pack.manifest import MANIFEST, NOTE, Manifest
from audit.proofs.checkpoint import split_notes

Forge = Callable[[Workshop], bytes]
RECORDS, ENVELOPES, CHECKPOINTS, HEAD = "log/records.jsonl", "log/env.bin", "log/checkpoints", "log/head.json"
BODY = b"never to be seen"


@dataclass(frozen=True)
class Attack:
    """A forgery, and the set of the codes of all findings about it; an empty one: it is no forgery."""

    name: str
    forge: Forge
    codes: frozenset[str]


def _form() -> Mapping[str, Forge]:
    def end(work: Workshop) -> int:
        return len(work.whole) - len(tar.END)

    def with_member(header: bytes, content: bytes = BODY) -> Forge:
        return lambda work: work.whole[: end(work)] + raw_member(header, content) + tar.END

    def first_header(at: int, value: bytes) -> Forge:
        return lambda work: work.whole[:at] + value + work.whole[at + len(value) :]

    def padded(work: Workshop) -> bytes:
        where = tar.read(BytesIO(work.whole))["README.md"]
        at = where.offset + where.size
        return work.whole[:at] + b"hidden" + work.whole[at + 6 :]

    def reordered(work: Workshop) -> bytes:
        files = members(work.whole)
        first, *rest = files
        return work.build({name: files[name] for name in (first, *reversed(rest))})

    def without_manifest(work: Workshop) -> bytes:
        files = members(work.whole)
        return work.build({name: content for name, content in files.items() if name not in {MANIFEST, NOTE}})

    size = len(BODY)
    odd = {
        "a symlink": block("zz", 0, type=b"2", link=b"/etc/passwd"),
        "a hard link": block("zz", 0, type=b"1", link=b"verify.py"),
        "a directory": block("zz", 0, type=b"5"),
        "a device": block("zz", 0, type=b"3"),
        "an old plain file": block("zz", size, type=b"\0"),
        "a pax header": block("zz", size, type=b"x"),
        "a global pax header": block("zz", size, type=b"g"),
        "a GNU long name": block("././@LongLink", size, type=b"L"),
        "a sparse file": block("zz", size, type=b"S"),
        "an absolute name": block("/etc/zz", size),
        "a name that climbs": block("log/../../zz", size),
        "a name with an empty part": block("log//zz", size),
        "a hidden name": block(".zz", size),
        "a name with a backslash": block("log\\zz", size),
        "a name in another script": block("zz\u00e9", size),
        "a name twice": block("verify.py", size),
        "a name in other case": block("VERIFY.PY", size),
        "another mode": block("zz", size, mode=b"0000755\0"),
        "an owner": block("zz", size, uid=b"0000001\0"),
        "a name of an owner": block("zz", size, uname=b"root"),
        "a time": block("zz", size, mtime=b"00000000001\0"),
        "a GNU magic": block("zz", size, magic=b"ustar  \0"),
        "a size in base 256": block("zz", size, size=b"\x80" + bytes(10) + bytes([size])),
        "a size with spaces": block("zz", size, size=b"        %3o\0" % size),
        "a huge size": block("zz", size, size=b"77777777777\0"),
    }
    return {
        **{
            f"a member with {name}": with_member(header, b"" if header[156:157] in b"1235" else BODY)
            for name, header in odd.items()
        },
        "an empty file": lambda _: b"",
        "nothing but the end": lambda _: tar.END,
        "half of the file": lambda work: work.whole[: len(work.whole) // 2],
        "the end cut off": lambda work: work.whole[: -len(tar.END)],
        "half of the end cut off": lambda work: work.whole[:-512],
        "a byte cut off": lambda work: work.whole[:-1],
        "bytes behind the end": lambda work: work.whole + b"more",
        "zeros behind the end": lambda work: work.whole + bytes(512),
        "a second pack behind the end": lambda work: work.whole + work.other,
        "a wrong checksum": first_header(148, b"000000\0 "),
        "a first size that is another": first_header(124, b"00000000001\0"),
        "something in the padding": padded,
        "the members in another order": reordered,
        "no manifest": without_manifest,
        "compressed": lambda work: gzip.compress(work.whole, mtime=0),
    }


def _with(name: str, change: Callable[[bytes], bytes], pack: str = "whole") -> Callable[[Workshop], dict[str, bytes]]:
    def changed(work: Workshop) -> dict[str, bytes]:
        files = members(getattr(work, pack))
        return {**files, name: change(files[name])}

    return changed


def _unsealed(changed: Callable[[Workshop], dict[str, bytes]]) -> Forge:
    """Leave manifest and note as they were."""
    return lambda work: work.build(changed(work))


def _sealed(changed: Callable[[Workshop], dict[str, bytes]], **says: object) -> Forge:
    """Have another manifest signed by the log's own key, as whoever stole it can."""
    return lambda work: work.sealed(changed(work), work.signer, says)


def _whole(work: Workshop) -> dict[str, bytes]:
    return members(work.whole)


def _month(work: Workshop) -> dict[str, bytes]:
    return members(work.month)


def _without(*names: str) -> Callable[[Workshop], dict[str, bytes]]:
    return lambda work: {name: content for name, content in _whole(work).items() if name not in names}


def _drop_line(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join((*lines[:5], *lines[6:]))


def _empty_line(number: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join((*lines[:number], b"\n", *lines[number + 1 :]))

    return change


def _salted(data: bytes) -> bytes:
    at = data.rindex(b'"salt":"') + 8
    return data[:at] + (b"B" if data[at : at + 1] == b"A" else b"A") + data[at + 1 :]


def _files() -> Mapping[str, tuple[Forge, str]]:
    def more(name: str) -> Callable[[Workshop], dict[str, bytes]]:
        def changed(work: Workshop) -> dict[str, bytes]:
            front = {one: _whole(work)[one] for one in (MANIFEST, NOTE)}
            return {**front, **dict(sorted({**_without(MANIFEST, NOTE)(work), name: BODY}.items()))}

        return changed

    def other_manifest(change: Callable[[bytes], bytes]) -> Forge:
        return _unsealed(_with(MANIFEST, change))

    def other_log(work: Workshop) -> dict[str, bytes]:
        theirs = members(work.other)
        return {
            name: theirs.get(name, content) if name.startswith("log/") else content
            for name, content in _whole(work).items()
        }

    spaced = lambda data: data.replace(b'":', b'": ', 1)  # noqa: E731 - a change of bytes
    return {
        "a line dropped": (_unsealed(_with(RECORDS, _drop_line)), "BODY_HASH EXPORT LEFT_OUT MANIFEST WRITER_GAP"),
        "another verify.py": (_unsealed(_with("verify.py", lambda _: b"print('fine')\n")), "MANIFEST"),
        "another verify.html": (_unsealed(_with("verify.html", lambda _: b"<p>fine")), "MANIFEST"),
        "another summary": (_unsealed(_with("summary.html", lambda _: b"<p>fine")), "MANIFEST"),
        "a listed file missing": (_unsealed(_without("README.md")), "MANIFEST"),
        "the records missing": (_unsealed(_without(RECORDS)), "MANIFEST"),
        "the records missing, sealed": (_sealed(_without(RECORDS)), "MANIFEST"),
        "an unlisted file": (_unsealed(more("evidence/more.json")), "MANIFEST"),
        "a file of no pack": (_unsealed(more("setup.exe")), "MANIFEST"),
        "a file of no pack, sealed": (_sealed(more("setup.exe")), "MANIFEST"),
        "a manifest with a key twice": (other_manifest(lambda data: b'{"first":0,' + data[1:]), "MANIFEST"),
        "a manifest with a space": (other_manifest(spaced), "MANIFEST"),
        "a manifest without its newline": (other_manifest(lambda data: data[:-1]), "MANIFEST"),
        "a manifest with more in it": (
            other_manifest(lambda data: data.replace(b'"first"', b'"extra":1,"first"', 1)),
            "MANIFEST",
        ),
        "a manifest of no JSON": (other_manifest(lambda _: b"\xff\n"), "MANIFEST"),
        "a manifest with a float": (
            other_manifest(lambda data: data.replace(b'"first":0', b'"first":0.0')),
            "MANIFEST",
        ),
        "the log of somebody else": (_unsealed(other_log), "MANIFEST PACK"),
        "the log of somebody else, sealed": (_sealed(other_log), "MANIFEST PACK"),
        "a head that is none": (_sealed(_with(HEAD, lambda _: b"{}\n")), "MANIFEST"),
        "a body with another salt, sealed": (_sealed(_with(RECORDS, _salted)), "BODY_HASH"),
        "a body left out, sealed": (_sealed(_with(RECORDS, _empty_line(5))), "LEFT_OUT"),
        "the newest checkpoint left out, sealed": (
            _sealed(_with(CHECKPOINTS, lambda data: b"".join(list(split_notes(data))[:-1]))),
            "MANIFEST",
        ),
        "an evidence document changed, sealed": (
            _sealed(_with("evidence/traffic.json", lambda data: data.replace(b":1", b":0", 1))),
            "EVIDENCE",
        ),
        "an evidence document missing, sealed": (_sealed(_without("evidence/access.json")), "EVIDENCE"),
        "a summary of other figures, sealed": (
            _sealed(_with("summary.html", lambda data: data.replace(b'"total":', b'"total":9', 1))),
            "EVIDENCE",
        ),
        "a summary with a script of its own, sealed": (
            _sealed(_with("summary.html", lambda data: data.replace(b"</head>", b"<script>1</script></head>", 1))),
            "EVIDENCE",
        ),
        "a summary with more behind it, sealed": (_sealed(_with("summary.html", lambda data: data + b" ")), "EVIDENCE"),
        "no summary, sealed": (_sealed(_without("summary.html")), "EVIDENCE"),
        "another README.md, sealed": (_sealed(_with("README.md", lambda data: data + b"Call us.\n")), "EVIDENCE"),
        "an evidence document more, sealed": (_sealed(more("evidence/more.json")), "EVIDENCE"),
    }


def _says() -> Mapping[str, tuple[Forge, str]]:
    def narrowed(work: Workshop) -> bytes:
        files, shown = _month(work), Manifest.decode(_month(work)[MANIFEST])
        first = shown.first + 1
        head = files[HEAD].replace(b'"first":%d' % shown.first, b'"first":%d' % first)
        says = {"first": first, "rows": shown.rows - 1}
        return work.sealed({**files, HEAD: head}, work.signer, says)

    def shortened(work: Workshop) -> bytes:
        """Hide the last record of the period by ending it before, and by leaving out what is behind."""
        files, shown = _month(work), Manifest.decode(_month(work)[MANIFEST])
        last = shown.last - 1
        head = files[HEAD].replace(b'"last":%d' % shown.last, b'"last":%d' % last)
        lines = _empty_line(shown.last + 1)(_empty_line(shown.last)(files[RECORDS]))
        return work.sealed({**files, HEAD: head, RECORDS: lines}, work.signer, {"last": last, "rows": shown.rows - 1})

    def crossed(work: Workshop) -> bytes:
        """Leave out the whole period: what lies beside bounds that cross is there, and its times lie outside."""
        files, shown = _month(work), Manifest.decode(_month(work)[MANIFEST])
        bounds = {"first": shown.last + 2, "last": shown.first - 2}
        head = files[HEAD].replace(b'"first":%d' % shown.first, b'"first":%d' % bounds["first"])
        head = head.replace(b'"last":%d' % shown.last, b'"last":%d' % bounds["last"])
        lines = files[RECORDS]
        for seq in range(shown.first, shown.last + 1):
            lines = _empty_line(seq)(lines)
        return work.sealed({**files, HEAD: head, RECORDS: lines}, work.signer, {**bounds, "rows": 0})

    def claims_all(work: Workshop) -> bytes:
        return work.sealed(_month(work), work.signer, {"since": "", "until": ""})

    def widened(work: Workshop) -> bytes:
        return work.sealed(_month(work), work.signer, {"until": "2999-01-01T00:00:00.000000Z"})

    return {
        "the period begins later": (narrowed, "MANIFEST"),
        "the period ends sooner": (shortened, "MANIFEST"),
        "bounds that cross": (crossed, "MANIFEST"),
        "a period that claims to be everything": (claims_all, "MANIFEST"),
        "a period that claims to go on": (widened, "MANIFEST"),
        "a body of the period left out": (
            lambda work: work.sealed(
                _with(RECORDS, _empty_line(Manifest.decode(_month(work)[MANIFEST]).first), "month")(work), work.signer
            ),
            "LEFT_OUT",
        ),
        "other rows": (_sealed(_whole, rows=1), "MANIFEST"),
        "another root": (_sealed(_whole, root="0" * 64), "MANIFEST"),
        "another size": (_sealed(_whole, size=3), "MANIFEST"),
        "another origin": (_sealed(_whole, origin="other.example/log"), "MANIFEST"),
        "another log id": (_sealed(_whole, log_id="0" * 32), "MANIFEST"),
    }


def _notes() -> Mapping[str, tuple[Forge, str]]:
    def note(change: Callable[[Workshop], bytes]) -> Forge:
        return lambda work: work.build({**_whole(work), NOTE: change(work)})

    def twisted(work: Workshop) -> bytes:
        data = _whole(work)[NOTE]
        return data[:-10] + (b"A" if data[-10:-9] != b"A" else b"B") + data[-9:]

    return {
        "a manifest signed by a stranger": (lambda work: work.sealed(_whole(work), work.stranger), "PACK"),
        "the note of another pack of this log": (note(lambda work: _month(work)[NOTE]), "PACK"),
        "the note of another log": (note(lambda work: members(work.other)[NOTE]), "PACK"),
        "a checkpoint in place of the note": (
            note(lambda work: _whole(work)[CHECKPOINTS][_whole(work)[CHECKPOINTS].rindex(b"log.example/audit\n") :]),
            "PACK",
        ),
        "a note that is none": (note(lambda _: b"signed\n"), "PACK"),
        "an empty note": (note(lambda _: b""), "PACK"),
        "a note with a wrong signature": (note(twisted), "PACK"),
        "a note that is too long": (note(lambda work: _whole(work)[NOTE] + b"x" * 70_000), "PACK"),
    }


def _honest() -> Mapping[str, Forge]:
    return {
        "honest: everything": lambda work: work.whole,
        "honest: a period": lambda work: work.month,
        "honest: another log": lambda work: work.other,
        "honest: not signed": lambda work: work.sealed(_whole(work)),
        "honest: of another version": (
            lambda work: work.sealed(
                _with("summary.html", lambda _: b"<p>summary\n")(work), work.signer, {"version": "0.0.0-other"}
            )
        ),
        "honest: made anew": lambda work: work.sealed(_whole(work), work.signer),
    }


def _attacks() -> list[Attack]:
    plain = {name: (forge, "PACK") for name, forge in _form().items()}
    honest = {name: (forge, "") for name, forge in _honest().items()}
    every = {**plain, **_files(), **_says(), **_notes(), **honest}
    return [Attack(name, forge, frozenset(codes.split())) for name, (forge, codes) in every.items()]


ATTACKS = _attacks()
