"""Draw the pictures of the READMEs and of docs/gallery.md: ``make pictures``."""

from pathlib import Path

import kiwoom_research as kr

FOLDER = Path(__file__).parent


def draw_chart() -> None:
    """Eight months of 005930 in the sandbox, with most of what `kr.plot` shows besides candles."""
    with kr.connect("sandbox"):
        bars = kr.get_bars("005930")
        name = kr.get_info("005930")["name"].iloc[0]
        net = kr.get_investors("005930", pages=2)[["foreign_net", "institution_net"]].cumsum()
    net.columns = ["외국인 누적 순매수", "기관 누적 순매수"]
    fast, slow = (bars["close"].rolling(days).mean() for days in (20, 60))
    crosses = (fast > slow)[slow.notna()].astype(int).diff()
    year = bars.tail(250)
    events = {year["high"].idxmax(): "52주 최고", year["low"].idxmin(): "52주 최저"}
    figure = kr.plot(
        bars, title=name, averages=(20, 60), overlays="bollinger", panes=["volume", "rsi", net],
        signals=crosses, events=events, last=170, figsize=(11, 7),
    )  # fmt: skip
    figure.savefig(FOLDER / "chart.png", dpi=130)


def draw_which_close() -> None:
    """Six weeks of 005930 in the sandbox, where the last price and the official close are mostly two."""
    with kr.connect("sandbox"):
        bars = kr.get_bars("005930", official_close="minute")
        name = kr.get_info("005930")["name"].iloc[0]
    figure = kr.plot(bars, title=name, averages=(), panes=[], last=30, figsize=(9, 4.2))
    figure.savefig(FOLDER / "which-close.png", dpi=130)


def draw_compare() -> None:
    """Four large stocks of the sandbox from a common start."""
    with kr.connect("sandbox"):
        codes = ["005930", "000660", "035420", "035720"]
        names = kr.get_quotes(codes)["name"]
        stocks = {names[code]: kr.get_bars(code, start="2026-01-01") for code in codes}
    kr.compare(stocks, figsize=(9, 4.2)).savefig(FOLDER / "compare.png", dpi=130)


def draw_heatmap() -> None:
    """The market of the day as tiles: area is value traded, colour the change."""
    with kr.connect("sandbox"):
        top = kr.get_ranking("value", pages=1).head(40)
    figure = kr.heatmap(
        top.set_index("name")["change_pct"], weights=top.set_index("name")["value"], figsize=(9, 5)
    )
    figure.savefig(FOLDER / "heatmap.png", dpi=130)


if __name__ == "__main__":
    draw_chart()
    draw_which_close()
    draw_compare()
    draw_heatmap()
