"""A way to PostgreSQL over loopback that can be cut, or forget connections as firewalls do."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

END = 30.0  # seconds after which nobody waits any more, if a test went wrong


class SilentProxy:
    """Passes bytes on. What is forgotten is never answered again, and never reset."""

    def __init__(self, url: str) -> None:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        self._parts = parts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._forgotten: set[int] = set()  # numbers of connections
        self._count = 0
        self.unanswered = 0
        self.deaf = False  # new connections are taken, and not answered either
        self.refuses = False  # new connections are reset
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The database's address through this proxy."""
        port = self._listener.getsockname()[1]
        user, password = (quote(self._parts.get(each, ""), "") for each in ("user", "password"))
        login = f"{user}:{password}@" if password else f"{user}@" if user else ""
        return f"postgresql://{login}127.0.0.1:{port}/{quote(self._parts['dbname'], '')}"

    def forget(self) -> None:
        """Swallow from now on whatever comes over the connections that are open."""
        self._forgotten |= set(range(1, self._count + 1))

    def cut(self, *, silently: bool) -> None:
        """Cut the way to the server: without a word, or by a reset of what is open.

        New connections are taken and not answered, or ended at once, until `restore`.
        """
        if silently:
            self.forget()
            self.deaf = True
            return
        self.refuses = True
        for each in [*self._open]:
            _reset(each)
        self._open.clear()

    def restore(self) -> None:
        """Let new connections through again; what was cut stays cut, as in life."""
        self.deaf = self.refuses = False

    def close(self) -> None:
        """End everything."""
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _server(self) -> socket.socket:
        host = self._parts.get("host", "localhost")
        port = int(self._parts.get("port") or 5432)
        if host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(Path(host) / f".s.PGSQL.{port}"))
            return server
        return socket.create_connection((host, port), END)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _from = self._listener.accept()
                if self.refuses:
                    _reset(client)
                    continue
                self._open.append(client)
                if self.deaf:
                    self.unanswered += 1
                    continue
                server = self._server()
                self._open.append(server)
                for each in (client, server):  # else each answer waits for what was acknowledged
                    if each.family != socket.AF_UNIX:
                        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._count += 1
                for way in ((client, server), (server, client)):
                    threading.Thread(
                        target=self._pump, args=(*way, self._count), daemon=True
                    ).start()

    def _pump(self, source: socket.socket, target: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if number not in self._forgotten:
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextlib.contextmanager
def silent_proxy(url: str) -> Iterator[SilentProxy]:
    """Give a proxy before the server of `url`."""
    proxy = SilentProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
