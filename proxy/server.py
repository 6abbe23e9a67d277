"""A server process: forked by the supervisor, never loads a detection model.

Told to stop (SIGTERM), it says in `/readyz` that it does, goes on taking requests for `unready_s`, lets answers go on
for `drain_s`, ends those that still do with an error, writes every outcome, and closes the log.

Its exit status is 78 (sysexits.h, EX_CONFIG) where a restart cannot help: settings, policies, upstreams or the audit
log are not usable as they are. 1: it may help.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from functools import partial

import uvicorn
import uvloop

from audit.errors import AuditError
from proxy import logs
from proxy.activation import SIGNAL, Activation
from proxy.app import create_app
from proxy.connections import BoundedConfig, BoundedProtocol, allow_files
from proxy.detection.engine import Engine
from proxy.errors import ConfigurationError, RingfenceError
from proxy.forwarded import networks
from proxy.metrics.listener import Listener
from proxy.metrics.reading import read
from proxy.runtime import Runtime
from proxy.seat import BACKLOG, EX_CONFIG, RELOAD, SERVING, Seat, listen
from proxy.settings import Settings
from proxy.stopping import end
from proxy.tls import Certificate, accept

ENDING_S = 5.0
"""What ending an answer may take, until uvicorn cancels it without a word."""
KEPT_S = 0.5
"""For so long one of several processes lets callers end the connections that they keep, each with an answer: to close
one while a request is on its way would lose that."""


def main(seat: Seat) -> int:
    """Serve until told to stop."""
    allow_files()
    try:
        settings = Settings.load()
        logs.configure(settings.log_format)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_serve(settings, seat))
    except ConfigurationError as error:
        sys.stderr.write(error.said())
        return EX_CONFIG
    except RingfenceError as error:
        sys.stderr.write(error.said())
    except AuditError as error:
        sys.stderr.write(f"ringfence: The audit log failed while the server started: {error}.\n")
    except Exception as error:  # noqa: BLE001 - its text may hold content, so only its type and place are said
        sys.stderr.write(f"ringfence: unexpected {logs.place(error)}\n")
    return 1


async def _serve(settings: Settings, seat: Seat) -> int:
    hung_up = asyncio.Event()  # a hangup before everything is ready is kept until it is
    loop = asyncio.get_running_loop()
    logs.guard(loop)
    loop.add_signal_handler(signal.SIGHUP, hung_up.set)
    certificate = Certificate.of(settings)
    engine = Engine(os.dup(seat.control.fileno()), settings)
    runtime = await Runtime.start(settings, engine, seat.desk(settings.home), lambda: seat.ask(RELOAD))
    watches = [asyncio.create_task(_reload(hung_up, runtime.activation))]
    if certificate is not None:
        watches.append(asyncio.create_task(certificate.watch()))
    try:
        server = _Server(_config(settings, runtime), seat, runtime, certificate.context if certificate else None)
        figures = await _figures(settings, seat, runtime)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        gc.collect()
        gc.freeze()
        await server.serve([seat.listener])
        if figures is not None:
            figures.close()
        return 0
    finally:
        for watch in watches:
            watch.cancel()
        await runtime.close()


def _config(settings: Settings, runtime: Runtime) -> BoundedConfig:
    config = BoundedConfig(
        create_app(runtime),
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        log_config=None,
        backlog=BACKLOG,
        timeout_graceful_shutdown=round(settings.drain_s + ENDING_S),
    )
    config.trusted = networks(settings.trusted_proxies)
    return config


async def _figures(settings: Settings, seat: Seat, runtime: Runtime) -> Listener | None:
    """Let Prometheus read the figures of all processes from the first one, where the settings say so."""
    if settings.metrics_port is None or seat.number:
        return None
    sock = listen(settings.metrics_host, settings.metrics_port)
    sys.stdout.write(f"ringfence: metrics at port {sock.getsockname()[1]}\n")
    sys.stdout.flush()
    return await Listener.open(sock, partial(read, runtime.metrics, settings.home, runtime.desk))


async def _reload(hung_up: asyncio.Event, activation: Activation) -> None:
    while True:
        await hung_up.wait()
        hung_up.clear()
        await activation.reload(SIGNAL)


class _Server(uvicorn.Server):
    """Says that it listens, once it does: to the supervisor, and where, for with port 0 nobody could know otherwise."""

    config: BoundedConfig

    def __init__(self, config: BoundedConfig, seat: Seat, runtime: Runtime, tls: ssl.SSLContext | None) -> None:
        super().__init__(config)
        self._seat = seat
        self._runtime = runtime
        self._tls = tls

    def stop(self) -> None:
        """Begin to stop: at once, or when a load balancer can have seen that this server is not ready."""
        if not self._runtime.stopping:
            self._runtime.stopping = self.config.closing = True
            kept_s = KEPT_S if self._seat.of > 1 else 0.0
            asyncio.get_running_loop().call_later(max(kept_s, self._runtime.settings.unready_s), self._close)

    def _close(self) -> None:
        """Accept no more, and end what is under way when its time is over."""
        self.should_exit = True
        asyncio.get_running_loop().call_later(self._runtime.settings.drain_s, lambda: end(self.server_state.tasks))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `_serve`: what comes after the last answer must still run."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets if self._tls is None else [])
        if not self.started:
            return
        if self._tls is not None:
            self.servers.append(await accept(self._protocol, self._seat.listener, self._tls, BACKLOG))
        host, port = self._seat.listener.getsockname()[:2]
        if self._seat.number == 0:
            at = f"{'http' if self._tls is None else 'https'}://{f'[{host}]' if ':' in host else host}:{port}"
            sys.stdout.write(f"ringfence: listening on {at}\n")
            sys.stdout.flush()
        if self._tls is not None or self._seat.of > 1:
            host, port = await self._listen_to_itself()
        self._runtime.canary.listening(host, port)
        self._seat.ask(SERVING)

    async def _listen_to_itself(self) -> tuple[str, int]:
        """Listen where this process alone can be reached, and from this machine, for its canary."""
        sock = listen("127.0.0.1", 0)
        self.servers.append(await asyncio.get_running_loop().create_server(self._protocol, sock=sock))
        host, port = sock.getsockname()
        return host, port

    def _protocol(self) -> BoundedProtocol:
        return BoundedProtocol(self.config, self.server_state, {}, asyncio.get_running_loop())
