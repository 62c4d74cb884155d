"""HTTP/1.1 on a loopback port: framing, keep-alive, and clients that misbehave."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from typing import Any

import orjson

from ..clock import MarketClock
from .auth import VirtualHost
from .control import PREFIX, ControlError, answer_control
from .gateway import Gateway, log
from .messages import HTML, JSON, HttpReply
from .unserved import WEBSOCKET

LOOPBACK = "127.0.0.1"
MAX_BODY = 1_000_000
"""Bytes of a request body; more is answered 413."""
IDLE_SECONDS = 60.0
"""Seconds until a silent connection is closed."""

BLOCKED = "<html><head><title>Request Blocked</title></head><body>Request Blocked</body></html>"
NO_WEBSOCKET = "the sandbox has no WebSocket; it serves HTTP calls only"

_HEAD = (
    "HTTP/1.1 {status} {reason}\r\nDate: {date}\r\nContent-Type: {type}\r\n{length}\r\n"
    "Connection: {connection}\r\n{more}\r\n"
)
_KIWOOM = (
    "api-id: {api_id}\r\ncont-yn: {more}\r\nnext-key: {key}\r\nresp-cnt: {rows}\r\nuser-data: \r\n"
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Expose-Headers: api-id,cont-yn,next-key,resp-cnt,user-data\r\n"
    "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n"
)


@dataclass(slots=True)
class ServerContext:
    """What the two ports of a sandbox share; ``latency`` is in seconds."""

    name: str
    gateway: Gateway
    clock: MarketClock
    bot_filter: bool
    latency: float
    closed: threading.Event = field(default_factory=threading.Event)
    urls: dict[str, str] = field(default_factory=dict)


class Listener(socketserver.ThreadingTCPServer):
    """One port of a sandbox. Not `http.server.HTTPServer`, which asks the DNS for its own name."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would let two servers share a port
    request_queue_size = 256

    def __init__(self, context: ServerContext, host: VirtualHost, port: int) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.url = f"http://{LOOPBACK}:{self.server_address[1]}"
        self.context = context
        self.host = host
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.01,), name=f"sandbox-{host.name}", daemon=True
        )

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Free the port and end every connection."""
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()
        with self._lock:  # a kept connection would be answered for ever
            for connection in self._open:
                _hang_up(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the sandbox; a bug of the sandbox is one line in the log."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            log.error("the sandbox failed: %s: %s", type(error).__name__, error)
            log.debug("its traceback", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: Listener

    def do_HEAD(self) -> None:
        """The market's clock in the ``Date`` header: neither limited nor logged."""
        self._status_page()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/":
            self._status_page()
        elif path.startswith(PREFIX):
            self._control("GET", path, b"")
        elif path == WEBSOCKET:
            self.send_error(501, NO_WEBSOCKET)
        else:
            self.send_error(405)

    def do_DELETE(self) -> None:
        self._control("DELETE", self.path, b"")

    def do_POST(self) -> None:
        raw = self._read_body()
        if raw is None:
            return
        path = self.path.partition("?")[0]
        context = self.server.context
        if path.startswith(PREFIX):
            self._control("POST", path, raw)
        elif context.bot_filter and "aiohttp/" in self.headers.get("User-Agent", ""):
            self._write(400, BLOCKED.encode(), HTML)
        else:
            self._reply(context.gateway.reply(self.server.host, path, self.headers, raw))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request of the protocol and close: the rest of the stream is unknown."""
        self.close_connection = True
        self._write(code, orjson.dumps({"error": message or explain or self.responses[code][0]}))

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the access log is `Sandbox.requests`."""

    def _status_page(self) -> None:
        context = self.server.context
        content = {"server": context.name, "now": context.clock.now().isoformat(), **context.urls}
        self._write(
            200,
            orjson.dumps(content),
            more=f"Server: {context.name}\r\nSandbox-Market: {context.gateway.fingerprint}\r\n",
        )

    def _control(self, method: str, path: str, raw: bytes) -> None:
        context = self.server.context
        try:
            content = answer_control(context.gateway, context.clock, method, path, self.headers, raw)
            self._write(200, orjson.dumps(content))
        except ControlError as error:
            self._write(error.status, orjson.dumps({"error": str(error)}))

    def _reply(self, reply: HttpReply) -> None:
        context = self.server.context
        seconds = reply.seconds + context.latency
        closed = seconds and context.closed.wait(seconds)
        if closed or reply.cut == "drop":
            self.close_connection = True
            return
        more = ""
        if reply.type == JSON:
            yes = "Y" if reply.next_key else "N"
            more = _KIWOOM.format(api_id=reply.api_id, more=yes, key=reply.next_key, rows=reply.rows)
        self._write(reply.status, reply.body, reply.type, more, chunked=True, half=reply.cut == "half")

    def _write(
        self,
        status: int,
        body: bytes,
        type: str = JSON,
        more: str = "",
        *,
        chunked: bool = False,
        half: bool = False,
    ) -> None:
        """Send one answer in one piece."""
        if half:
            self.close_connection = True
        if chunked and self.request_version != "HTTP/1.0":
            length, framed = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        else:
            length, framed = f"Content-Length: {len(body)}", body
        if self.command == "HEAD":
            framed = b""
        head = _HEAD.format(
            status=status,
            reason="" if status == 200 else "null",  # as the gateway writes it
            date=_http_date(self.server.context.clock.now()),
            type=type,
            length=length,
            connection="close" if self.close_connection else "keep-alive",
            more=more,
        )
        self.wfile.write(head.encode("latin-1", "replace") + framed[: len(framed) // 2 if half else None])

    def _read_body(self) -> bytes | None:
        """Return the request body; None when the request was refused or the client went away."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            self.send_error(400)
            return None
        if int(length) > MAX_BODY:
            self._refuse_size()
            return None
        raw = self.rfile.read(int(length))
        if len(raw) < int(length):
            self.close_connection = True
            return None
        return raw

    def _read_chunks(self) -> bytes | None:
        """Return a chunked request body, as .NET sends it."""
        raw = b""
        while True:
            try:
                size = int(self.rfile.readline(100).partition(b";")[0], 16)
            except ValueError:
                self.send_error(400)
                return None
            if size < 0 or len(raw) + size > MAX_BODY:
                self._refuse_size()
                return None
            raw += self.rfile.read(size)
            if not size:
                while self.rfile.readline(1000).strip():  # trailers
                    pass
                return raw
            self.rfile.readline(10)

    def _refuse_size(self) -> None:
        """Refuse, then read some of the rest: closing at once would take the answer away from the client."""
        self.send_error(413)
        self.connection.shutdown(socket.SHUT_WR)
        for _ in range(256):
            if not self.rfile.read1(65536):
                break


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the client went first
        connection.shutdown(socket.SHUT_RDWR)


@lru_cache(maxsize=16)
def _http_date(now: datetime) -> str:
    return format_datetime(now.astimezone(UTC), usegmt=True)
