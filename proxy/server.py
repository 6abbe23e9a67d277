"""The server process: started by the supervisor, never imports a detection model.

    python -m proxy.server --control-fd N

Settings come from the environment and the settings file. Exit status 78 (sysexits.h, EX_CONFIG) means that a restart
cannot help: settings, policies, upstreams or the audit log are not usable as they are. 1: it may help.
"""

import argparse
import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn
import uvloop

from audit.errors import AuditError
from proxy.activation import SIGNAL, Activation
from proxy.app import create_app
from proxy.connections import BoundedProtocol, allow_files
from proxy.detection.engine import Engine
from proxy.errors import ConfigurationError, RingfenceError
from proxy.runtime import Runtime
from proxy.settings import Settings
from proxy.supervisor import EX_CONFIG


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m proxy.server")
    parser.add_argument("--control-fd", type=int, required=True)
    control_fd = parser.parse_args().control_fd
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    allow_files()
    try:
        settings = Settings.load()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_serve(settings, control_fd))
    except ConfigurationError as error:
        sys.stderr.write(error.said())
        return EX_CONFIG
    except RingfenceError as error:
        sys.stderr.write(error.said())
    except AuditError as error:
        sys.stderr.write(f"ringfence: The audit log failed while the server started: {error}.\n")
    return 1


async def _serve(settings: Settings, control_fd: int) -> int:
    hung_up = asyncio.Event()  # a hangup before everything is ready is kept until it is
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up.set)
    runtime = await Runtime.start(settings, Engine(control_fd, settings))
    reloads = asyncio.create_task(_reload(hung_up, runtime.activation))
    try:
        server = _Server(
            uvicorn.Config(
                create_app(runtime),
                host=settings.host,
                port=settings.port,
                http=BoundedProtocol,
                ws="none",
                lifespan="off",
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                log_config=None,
                timeout_graceful_shutdown=10,
            ),
            runtime.canary.listening,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            # uvicorn raises the signal once more when it has stopped; what is below must still run then.
            signal.signal(number, lambda *_: None)
        gc.collect()
        gc.freeze()
        await server.serve()
        return 0
    finally:
        reloads.cancel()
        await runtime.close()


async def _reload(hung_up: asyncio.Event, activation: Activation) -> None:
    while True:
        await hung_up.wait()
        hung_up.clear()
        await activation.reload(SIGNAL)


class _Server(uvicorn.Server):
    """Says where it listens, once it does: with port 0 nobody could know otherwise."""

    def __init__(self, config: uvicorn.Config, told: Callable[[str, int], None]) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            sys.stdout.write(f"ringfence: listening on http://{f'[{host}]' if ':' in host else host}:{port}\n")
            sys.stdout.flush()
            self._told(host, port)


if __name__ == "__main__":
    raise SystemExit(main())
