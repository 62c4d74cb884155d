"""Korean equities in pandas, over the Kiwoom Securities REST API.

>>> import kiwoom_research as kr
>>> _ = kr.connect("sandbox")
>>> kr.get_bars("005930", pages=1).shape
(600, 17)
"""

import lazy_loader

# the list of public names is __init__.pyi; type checkers read it, too
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
