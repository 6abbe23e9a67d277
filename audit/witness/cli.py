"""`ringfence audit witness`: runs a witness, for people who do not run the log."""

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from audit.errors import AuditMismatch
from audit.keys import read_signer, write_secret
from audit.proofs.cosignature import Cosigner
from audit.proofs.vkey import ED25519, Signer, VerifierKey
from audit.witness.book import Book, BookUnusable
from audit.witness.server import WitnessServer
from audit.witness.witness import Witness

UNUSABLE = 2


def witness(  # noqa: PLR0917 - typer's options
    key: Annotated[Path, typer.Option(help="The witness's private key, used for nothing else.")],
    log: Annotated[list[str], typer.Option(help="The verifier key of a log to cosign for; repeatable.")],
    db: Annotated[Path, typer.Option(help="Where it remembers what it cosigned. Never restore an older copy.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8081,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    name: Annotated[
        str | None, typer.Option(help="Make a key of this name, such as audit.acme.example/w1, where there is none.")
    ] = None,
) -> None:
    """Run a witness (C2SP tlog-witness): it cosigns a log's checkpoints as long as each extends those before.

    Run it where the log's operator cannot reach its key and its database: that is all it is worth.
    """
    cosigner = Cosigner(_signer(key, name))
    try:
        book = Book(db)
    except BookUnusable as error:
        raise _stop(f"{db}: {error}") from None
    try:
        server = WitnessServer((host, port), Witness(cosigner, [_log(text) for text in log], book))
    except OSError as error:
        raise _stop(f"cannot listen on {host}, port {port}: {error.strerror}") from None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"witness: {cosigner.vkey.encode()}\nwitness: listening on http://{shown}:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    book.close()


def _signer(path: Path, name: str | None) -> Signer:
    try:
        if name is not None and not path.exists():
            write_secret(path, Signer.generate(name).encode().encode() + b"\n")
        signer = read_signer(path)
    except AuditMismatch as error:
        raise _stop(f"{error}; --name NAME makes a key where there is none") from None
    except ValueError:
        raise _stop("a name has neither spaces nor a plus sign") from None
    except OSError as error:
        raise _stop(f"{path} cannot be written: {error.strerror}") from None
    if name is not None and signer.name != name:
        raise _stop(f"the key in {path} has another name; leave out --name, or name another file")
    return signer


def _log(text: str) -> VerifierKey:
    try:
        vkey = VerifierKey.decode(text)
    except ValueError:
        raise _stop("--log is not a verifier key; `ringfence audit keys` shows those of a log") from None
    if vkey.type_byte != ED25519:
        raise _stop("--log is a witness's key, or one of a kind that signs no checkpoints")
    return vkey


def _stop(why: str) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(UNUSABLE)
