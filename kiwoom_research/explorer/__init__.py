"""The ticker explorer: one widget over `data` and `charts`, with core ipywidgets only, so that JupyterLab, Notebook,
VS Code and Voila all show it.

`screen` is the widget, `controls` its parts and `looks` their colours; `asking` turns what is chosen into frames,
`pages` frames into HTML, `words` errors and ages into plain Korean; `latest` drops what is no longer wanted;
`watchlist` outlives a session and `watching` shows it.
"""

from .widget import Explorer, explore

__all__ = ["Explorer", "explore"]
