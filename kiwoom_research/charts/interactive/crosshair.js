// The upper canvas: crosshair, its tags on the axes, and the selected range.

import { paintTag } from "./axes.js";
import { formatTime } from "./format.js";
import { paneAt } from "./scales.js";

// `cursor`: {bar, y} with y in device pixels or null when the keyboard moves it; `selection`: [first, last] or null.
export function paintOverlay(frame, g, cursor, selection) {
  const { view, ratio, colours, foot } = frame;
  g.clearRect(0, 0, frame.width, frame.height);
  if (!frame.bars.count) return;
  const line = Math.max(1, Math.floor(ratio));
  if (selection) {
    const [left, right] = [view.edge(selection[0]), view.edge(selection[1] + 1)];
    g.fillStyle = colours.accent;
    g.globalAlpha = 0.14;
    g.fillRect(left, 0, right - left, foot);
    g.globalAlpha = 0.7;
    for (const x of [left, right - line]) g.fillRect(x, 0, line, foot);
    g.globalAlpha = 1;
    g.clearRect(view.width, 0, frame.width - view.width, foot);
  }
  if (!cursor) return;
  const x = Math.round(view.middle(cursor.bar));
  g.strokeStyle = colours.muted;
  g.lineWidth = line;
  g.setLineDash([3 * ratio, 3 * ratio]);
  g.beginPath();
  if (x >= 0 && x <= view.width) {
    g.moveTo(x + 0.5, 0);
    g.lineTo(x + 0.5, foot);
  }
  const pane = cursor.y === null ? undefined : frame.panes[paneAt(frame.panes, cursor.y)];
  if (pane) {
    g.moveTo(0, Math.round(cursor.y) + 0.5);
    g.lineTo(view.width, Math.round(cursor.y) + 0.5);
  }
  g.stroke();
  g.setLineDash([]);
  if (pane?.known) paintTag(frame, g, pane, pane.scale.value(cursor.y), cursor.y, colours.foreground);
  paintTimeTag(frame, g, cursor.bar, x);
}

function paintTimeTag(frame, g, bar, x) {
  const { view, ratio, colours, bars, foot, height } = frame;
  const text = formatTime(bars.time(bar), bars.header.unit);
  g.font = frame.font;
  const wide = g.measureText(text).width + 12 * ratio;
  const left = Math.min(Math.max(0, x - wide / 2), view.width - wide);
  g.fillStyle = colours.foreground;
  g.fillRect(Math.round(left), foot + ratio, Math.round(wide), height - foot - ratio);
  g.fillStyle = colours.background;
  g.textBaseline = "middle";
  g.textAlign = "center";
  g.fillText(text, left + wide / 2, (foot + height) / 2 + ratio);
}
