"""A body is parsed once and decoded once, and a page that cannot be decoded is never stored."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

import kiwoom_research as kr
from kiwoom_research import decode
from kiwoom_research.client import Client, adapter, check
from kiwoom_research.client import client as client_module
from kiwoom_research.sandbox import Sandbox

from .tiny import BAR, OK, Said, tiny_client


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often bodies are parsed and pages decoded."""
    counts: Counter[str] = Counter()
    loads, page = orjson.loads, decode.decode

    def counted_loads(content: bytes) -> object:
        counts["parsed"] += (
            b"return_code" in content
        )  # a body; the cache's rows begin with a head of their own
        return loads(content)

    def counted_decode(*args: object, **more: object) -> object:
        counts["decoded"] += 1
        return page(*args, **more)  # type: ignore[arg-type]

    for module in (check, client_module):
        monkeypatch.setattr(module.orjson, "loads", counted_loads)
    for module in (adapter, client_module):
        monkeypatch.setattr(module, "decode", counted_decode)
    return counts


def test_a_new_page_is_parsed_and_decoded_once(box: Sandbox, client: Client, counted: Counter[str]) -> None:
    """Three pages of bars, with an early start: one parse and one decoding each, whatever reads them."""
    kr.get_info("005930", client=client)  # the token
    counted.clear()
    frame = kr.get_bars("005930", start="2020-01-02", client=client)
    assert len(frame) > 1_200
    assert counted == {"parsed": 3, "decoded": 3}
    counted.clear()
    again = kr.get_bars("005930", start="2020-01-02", client=client)
    assert again.equals(frame)
    assert counted == {"parsed": 3, "decoded": 3}
    assert len(box.requests()) == 1 + 1 + 3


def test_a_page_that_cannot_be_decoded_is_never_stored(tmp_path: Path) -> None:
    """A bar without a date is an error each time it comes, and is asked for again; what was stored stays."""
    bad = {"stk_cd": "005930", "stk_dt_pole_chart_qry": [{**BAR, "dt": "never"}], **OK}
    with tiny_client(tmp_path, lambda asked: Said(bad)) as (server, client):
        for _ in range(2):
            with pytest.raises(kr.DataError, match="'dt'"):
                kr.get_bars("005930", client=client)
        assert len(server.data) == 2
        assert client.cache.info({}).empty
