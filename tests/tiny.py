"""A server that says exactly what a test wants, headers included, and remembers what it was sent."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple

from kiwoom_research.client import Client
from kiwoom_research.config import Keys, Server, Settings

APPKEY, SECRETKEY, TOKEN = "tiny-appkey-4711", "tiny-secretkey-4712", "tiny-token-4713"
DATE = "Fri, 20 Nov 2026 12:30:00 GMT"  # 21:30 in Korea
OK = {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"}
ISSUED = {**OK, "token": TOKEN, "token_type": "Bearer", "expires_dt": "29991231235959"}

# one daily bar (ka10081): the question and the answer
BODY = {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1"}
BAR = {
    "dt": "20261120", "cur_prc": "100", "open_pric": "99", "high_pric": "101", "low_pric": "98",
    "trde_qty": "5", "trde_prica": "1", "pred_pre": "+1", "pred_pre_sig": "2", "trde_tern_rt": "0.1",
}  # fmt: skip
BARS = {"stk_cd": "005930", "stk_dt_pole_chart_qry": [BAR], **OK}


class Asked(NamedTuple):
    """One request as it came over the wire."""

    path: str
    headers: Mapping[str, str]
    body: Any


class Said(NamedTuple):
    """One answer as it goes over the wire."""

    body: bytes | dict[str, Any]
    headers: Mapping[str, str] = {}
    status: int = 200
    cut: bool = False


class Tiny(socketserver.ThreadingTCPServer):
    """`answer` gives the answer to each data call; tokens are always issued unless `issue` says otherwise."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer: Callable[[Asked], Said], issue: Said | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.issue = issue or Said(ISSUED)
        self.date = DATE
        self.asked: list[Asked] = []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def data(self) -> list[Asked]:
        """The data calls among what was asked."""
        return [asked for asked in self.asked if not asked.path.startswith("/oauth2")]

    def settings(self, folder: Path, *, far: bool = False, offline: bool = False) -> Settings:
        """Settings of a client. `far`: an address that is this machine and is not known to be."""
        url = f"http://127.{'1' if far else '0.0.1'}:{self.port}"
        keys = Keys(APPKEY, SECRETKEY)
        return Settings(Server("tiny", url, None), keys, folder / "cache", folder / "state", offline)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Tiny

    def do_HEAD(self) -> None:
        self._write(Said(b""))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        asked = Asked(self.path, dict(self.headers), json.loads(raw))
        self.server.asked.append(asked)
        self._write(self.server.issue if asked.path == "/oauth2/token" else self.server.answer(asked))

    def _write(self, said: Said) -> None:
        body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        head = f"HTTP/1.1 {said.status} null\r\nContent-Length: {len(body)}\r\n"
        headers = {"Date": self.server.date, "Content-Type": "application/json;charset=UTF-8", **said.headers}
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        self.wfile.write(head.encode() + (body[: len(body) // 2] if said.cut else body))
        self.close_connection = said.cut

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def tiny_client(
    folder: Path,
    answer: Callable[[Asked], Said],
    *,
    issue: Said | None = None,
    far: bool = False,
    **more: Any,
) -> Iterator[tuple[Tiny, Client]]:
    """A tiny server and a client of it."""
    with Tiny(answer, issue) as server, Client(server.settings(folder, far=far), **more) as client:
        yield server, client
        server.shutdown()
