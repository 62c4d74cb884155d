"""What a type checker must refuse: mypy reports each line that is marked, and no other."""

import pandas as pd

import kiwoom_research as kr

BARS = pd.DataFrame()

kr.get_bars("005930", "2min")  # wrong: no such interval
kr.get_bars("005930", "m")  # wrong: a minute or a month
kr.get_minutes("005930", 7)  # wrong: no such interval
kr.get_ranking("best")  # wrong: no such ranking
kr.get_ranking("value", "konex")  # wrong: no such market
kr.get_ranking("value", venue="NXT")  # wrong: no such venue
kr.get_stocks("nasdaq")  # wrong: no such market
kr.get_investors("005930", unit="USD")  # wrong: no such unit
kr.pull("005930", "tick")  # wrong: ticks cannot be pulled
kr.pull("005930", on_error="ignore")  # wrong: no such way
kr.to_ohlcv(BARS, gaps="fill")  # wrong: no such policy
kr.to_panel(BARS, "adjusted")  # wrong: no such field
kr.costs("nyse")  # wrong: no such market
kr.plot(BARS, style="american")  # wrong: no such style
kr.chart(BARS, theme="sepia")  # wrong: no such theme
kr.chart(BARS).show(BARS)  # wrong: only a widget exchanges its bars
kr.screen(BARS, ["close > 1"])  # wrong: rules have names
kr.connect(8490)  # wrong: a port is no server
kr.Sandbox(unknown="ignore")  # wrong: no such answer
kr.get_bar("005930")  # wrong: no such name
length: int = kr.get_bars("005930")  # wrong: a frame
