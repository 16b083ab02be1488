"""A wire between browsers and the service that keeps everything the service says."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Wire:
    """Passes bytes both ways; ``heard`` is what came back from ``service``, headers included."""

    def __init__(self, service: str) -> None:
        parts = urlsplit(service)
        self._service = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._parts: list[bytearray] = []

    @property
    def heard(self) -> bytes:
        """Everything so far, connection by connection."""
        with self._lock:
            return b"\n\n".join(bytes(part) for part in self._parts)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _address = self._listener.accept()
                threading.Thread(target=self._connect, args=(caller,), daemon=True).start()

    def _connect(self, caller: socket.socket) -> None:
        kept = bytearray()
        with self._lock:
            self._parts.append(kept)
        with caller, socket.create_connection(self._service) as service:
            asking = threading.Thread(target=self._pass_on, args=(caller, service, None), daemon=True)
            asking.start()
            self._pass_on(service, caller, kept)
            asking.join()

    def _pass_on(self, source: socket.socket, target: socket.socket, kept: bytearray | None) -> None:
        with suppress(OSError):
            while part := source.recv(65_536):
                if kept is not None:
                    with self._lock:
                        kept += part
                target.sendall(part)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
