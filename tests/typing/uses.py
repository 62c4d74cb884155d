"""What people write, as a type checker sees it from outside: every line here passes mypy."""

import pandas as pd

import kiwoom_research as kr


def data() -> list[pd.DataFrame]:
    """Calls and their arguments."""
    client = kr.connect("sandbox")
    with kr.Sandbox(seed=2, unknown="1902", limiter="window") as box:
        box.fail("429", 2)
        own: kr.Client = kr.connect(box, cache_size=10_000_000)
    return [
        kr.get_bars("005930", "5min", start="2026-11-02", ticks=1, client=client),
        kr.get_bars(code="005930", freq="1mo", adjusted=False, client=own),
        kr.get_minutes("005930", 30),
        kr.get_info(["005930", "000660"]),
        kr.get_ranking("gainers", "kosdaq", without="etf", venue="both"),
        kr.get_ranking("new_high", sessions=60),
        kr.get_investors("005930", unit="won"),
        kr.get_stocks("etf"),
        kr.get_sectors("kosdaq"),
        kr.query("ka10001", stk_cd="005930"),
        kr.pull("005930", "1w", on_error="raise", progress=False),
        kr.sessions("2026-11-02", "2026-11-20", "nxt"),
        kr.catalog("공매도"),
        kr.describe("ka10014").parameters,
    ]


def analysis(bars: pd.DataFrame) -> pd.DataFrame:
    """From bars to a list and to returns."""
    table: pd.DataFrame = kr.features(bars, asof="2026-11-20")
    found: kr.Screen = kr.screen(table, {"trend": "close > ma_60"}, sort="return_20d", top=5)
    rsi: pd.Series = kr.indicators.rsi(bars)
    days: pd.DatetimeIndex = kr.calendar.sessions_in_range("2026-11-02", "2026-11-20")
    panel = kr.to_panel(bars, "volume", gaps="drop", sessions=days)
    rates = kr.costs("kosdaq", "2025-06-02")
    live = kr.chart(bars, panes=["rsi", ("bars", rsi)], theme="auto")
    live.save("chart.html")
    widget = kr.chart({"삼성전자": bars}, widget=True, theme="dark")
    widget.show(bars, keep_view=True)
    shown: tuple[object, ...] = widget.visible
    kr.plot(bars, kind="candles", style="korean", theme="dark").savefig("chart.png")
    return (
        kr.to_returns(bars, gaps="missing")
        - rates.sell
        + float(rsi.iloc[-1])
        + len(found)
        + len(panel)
        + len(shown)
    )


def local(path: str) -> pd.DataFrame:
    """A store, and screens over its history."""
    store = kr.Store(path)
    plan: pd.Series = kr.plan("005930", "1d", store=store)
    mended: pd.DataFrame = kr.Store.recover(path).repair(progress=False)
    report = store.update("kospi", "1d", since="2020-01-02", progress=bool(plan["requests"]))
    history: kr.ScreenHistory = kr.screen_history(
        store, {"trend": "close > ma_60"}, "2025-01-02", "2025-12-30"
    )
    first: pd.Timestamp | None = history.unbiased_from
    return report if first is None or len(mended) else store.bars("005930", start=first, freq="10min")


def errors(code: str) -> str:
    """Errors and what they hold."""
    try:
        kr.get_bars(code)
    except kr.UnknownCodeError as error:
        return error.api_id
    except kr.KiwoomError as error:
        return "again" if error.retryable else str(error.return_code)
    return kr.__version__
