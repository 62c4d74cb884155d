// Scales between values and pixels, and round values for their ticks.

// Pixels grow downwards: `high` is at `top`, `low` at `bottom`.
export function makeScale(low, high, top, bottom, log = false) {
  if (log && !(low > 0)) log = false;
  const to = log ? Math.log : (value) => value;
  const from = log ? Math.exp : (value) => value;
  const [a, b] = [to(low), to(high)];
  return {
    low,
    high,
    top,
    bottom,
    log,
    y: (value) => bottom - ((to(value) - a) / (b - a)) * (bottom - top),
    value: (y) => from(a + ((bottom - y) / (bottom - top)) * (b - a)),
  };
}

// The range to show: `low` to `high` with free pixels above and below, and never empty.
export function padRange(low, high, height, above, below, log = false) {
  if (!(low <= high)) return [1, 2]; // nothing known
  if (low === high) {
    const slack = Math.abs(low) * 0.01 || 1;
    [low, high] = [low - slack, high + slack];
  }
  const shrink = Math.min(1, (0.4 * height) / Math.max(above + below, 1));
  const free = height - (above + below) * shrink;
  if (log && low > 0) {
    const span = Math.log(high / low) / free;
    return [low * Math.exp(-span * below * shrink), high * Math.exp(span * above * shrink)];
  }
  const span = (high - low) / free;
  return [low - span * below * shrink, high + span * above * shrink];
}

// Multiples of 1, 2, 2.5 or 5 times a power of ten, at most `most` of them.
export function linearTicks(low, high, most) {
  const raw = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999) * power;
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(k * step + 0); // never -0
  return ticks;
}

// Round values of a logarithmic scale; within a small range the linear ones read better.
export function logTicks(low, high, most) {
  if (!(low > 0) || high / low <= 4) return linearTicks(low, high, most);
  let ticks = [];
  for (const steps of [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
    ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      for (const step of steps) {
        const value = step * 10 ** power;
        if (value >= low && value <= high) ticks.push(value);
      }
    }
    if (ticks.length <= most) break;
  }
  return ticks;
}

// Panes from top to bottom, `gap` pixels apart; `weights` are their shares of the height.
export function stackPanes(height, weights, gap) {
  const room = height - gap * (weights.length - 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let top = 0;
  return weights.map((weight, k) => {
    const last = k === weights.length - 1;
    const bottom = last ? height : Math.round(top + (room * weight) / total);
    const pane = { top, bottom };
    top = bottom + gap;
    return pane;
  });
}

// The pane at a height, -1 between two of them.
export function paneAt(panes, y) {
  return panes.findIndex((pane) => y >= pane.top && y < pane.bottom);
}

// Moves labels of one height apart, downwards, keeping them in order and above `bottom`.
export function spread(places, height, bottom) {
  const order = places.map((_, k) => k).sort((a, b) => places[a] - places[b]);
  const moved = places.slice();
  let floor = -Infinity;
  for (const k of order) floor = moved[k] = Math.max(moved[k], floor + height);
  let ceiling = bottom + height;
  for (const k of order.reverse()) ceiling = moved[k] = Math.min(moved[k], ceiling - height);
  return moved;
}
