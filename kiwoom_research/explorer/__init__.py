"""`explore`: a stock explorer for notebooks, one widget made of core ipywidgets."""

from .widget import Explorer, explore

__all__ = ["Explorer", "explore"]
