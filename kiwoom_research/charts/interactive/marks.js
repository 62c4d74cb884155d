// Marks on the price pane: sessions without trades, volume by price, official closes, signals, events.

import { contrast } from "./axes.js";

const PRICE_STEPS = 40; // of the volume by price
const PROFILE_WIDTH = 0.22; // of the pane, for the price step with the most volume

// Shades the sessions without a trade.
export function paintUntraded(frame, pane) {
  const { g, view, colours, bars, ratio } = frame;
  for (const [first, last] of bars.header.untraded) {
    const [left, right] = [view.edge(first), view.edge(last + 1)];
    if (right < 0 || left > view.width) continue;
    g.globalAlpha = 0.12;
    g.fillStyle = colours.muted;
    g.fillRect(left, pane.top, Math.max(1, right - left), pane.bottom - pane.top);
    g.globalAlpha = 1;
    const text = "거래 없음";
    if (g.measureText(text).width + 8 * ratio > right - left) continue;
    g.textAlign = "center";
    g.fillText(text, (left + right) / 2, pane.bottom - 10 * ratio);
  }
}

// Volume of the bars in view by price, each bar's spread evenly from its low to its high.
export function volumeByPrice(bars, first, end, low, high, steps, log) {
  const shares = new Float64Array(steps);
  const to = log ? Math.log : (value) => value;
  const from = log ? Math.exp : (value) => value;
  const size = (to(high) - to(low)) / steps;
  const edge = (k) => (k === steps ? high : from(to(low) + k * size));
  const step = (price) => Math.min(steps - 1, Math.max(0, Math.floor((to(price) - to(low)) / size)));
  for (let i = first; i < end; i++) {
    const spread = bars.high[i] - bars.low[i];
    if (!Number.isFinite(spread + bars.volume[i])) continue;
    const [a, b] = [step(bars.low[i]), step(bars.high[i])];
    if (!(spread > 0)) shares[a] += bars.volume[i];
    else {
      for (let k = a; k <= b; k++) {
        const inside = Math.min(bars.high[i], edge(k + 1)) - Math.max(bars.low[i], edge(k));
        if (inside > 0) shares[k] += (bars.volume[i] * inside) / spread;
      }
    }
  }
  return { shares, edge };
}

export function paintProfile(frame, pane, first, end) {
  const { g, bars, view, colours, columns, ratio } = frame;
  const low = columns.low.reduce((a, b) => Math.min(a, b), Infinity);
  const high = columns.high.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!(low < high) || !bars.volume) return;
  const { shares, edge } = volumeByPrice(bars, first, end, low, high, PRICE_STEPS, pane.scale.log);
  const most = Math.max(...shares);
  shares.forEach((volume, k) => {
    g.globalAlpha = volume === most ? 0.55 : 0.22;
    g.fillStyle = volume === most ? colours.lines[0] : colours.muted;
    const top = pane.scale.y(edge(k + 1));
    const height = pane.scale.y(edge(k)) - top - ratio;
    g.fillRect(0, top, (PROFILE_WIDTH * view.width * volume) / (most || 1), Math.max(1, height));
  });
  g.globalAlpha = 1;
}

// A dash over the whole width of a bar at its official close, where the last trade was at another price.
export function paintOfficial(frame, pane, first, end) {
  const { g, bars, view, colours, ratio } = frame;
  if (!bars.official || view.step < 4 * ratio) return;
  g.fillStyle = colours.foreground;
  for (let i = first; i < end; i++) {
    const price = bars.official[i];
    if (!Number.isFinite(price) || price === bars.close[i]) continue;
    const left = view.edge(i);
    g.fillRect(left, Math.round(pane.scale.y(price) - ratio), view.edge(i + 1) - left, Math.round(2 * ratio));
  }
}

// Triangles below the bars to buy at and above the bars to sell at.
export function paintSignals(frame, pane, first, end) {
  const { g, bars, view, colours, ratio } = frame;
  const size = 5 * ratio;
  for (const [bar, sign] of bars.header.signals) {
    if (bar < first || bar >= end) continue;
    const price = (sign > 0 ? bars.columns.low : bars.columns.high) ?? bars.close;
    const x = view.middle(bar);
    const y = pane.scale.y(price[bar]) + sign * 6 * ratio;
    g.fillStyle = sign > 0 ? colours.up : colours.down;
    g.strokeStyle = colours.background;
    g.lineWidth = ratio;
    g.beginPath();
    g.moveTo(x, y);
    g.lineTo(x + size, y + sign * size * 1.7);
    g.lineTo(x - size, y + sign * size * 1.7);
    g.closePath();
    g.fill();
    g.stroke();
  }
}

// Texts at the foot of the pane, each with a dotted line; those without room are a dot, read with the crosshair.
export function paintEvents(frame, pane) {
  const { g, view, colours, bars, ratio } = frame;
  const rows = []; // right end of the last text in each row
  const height = 17 * ratio;
  const most = Math.max(1, Math.floor((pane.bottom - pane.top) / height / 4));
  g.textAlign = "center";
  for (const [bar, text] of bars.header.events) {
    const x = view.middle(bar);
    if (x < 0 || x > view.width) continue;
    const half = g.measureText(text).width / 2 + 5 * ratio;
    const middle = Math.min(Math.max(x, half), view.width - half);
    let row = rows.findIndex((end) => middle - half > end);
    if (row < 0) row = rows.length;
    g.setLineDash([ratio, 2 * ratio]);
    g.strokeStyle = colours.muted;
    g.lineWidth = Math.max(1, Math.floor(ratio));
    g.beginPath();
    g.moveTo(Math.round(x) + 0.5, pane.top);
    g.lineTo(Math.round(x) + 0.5, pane.bottom);
    g.stroke();
    g.setLineDash([]);
    if (row >= most) {
      g.fillStyle = colours.accent;
      g.fillRect(Math.round(x - 2 * ratio), pane.bottom - Math.round(5 * ratio), 4 * ratio, 4 * ratio);
      continue;
    }
    rows[row] = middle + half;
    const y = pane.bottom - 10 * ratio - row * height;
    g.fillStyle = colours.accent;
    g.beginPath();
    g.roundRect(middle - half + ratio, y - 7 * ratio, 2 * half - 2 * ratio, 14 * ratio, 3 * ratio);
    g.fill();
    g.fillStyle = contrast(colours.accent);
    g.fillText(text, middle, y);
  }
}
