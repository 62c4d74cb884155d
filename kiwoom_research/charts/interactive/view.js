// Which bars are in view, and where they stand in pixels. Bar i covers the positions i to i + 1.

const FEWEST = 5; // bars one can zoom in to
const NARROW = 12; // bars the width is made for, so that a few bars stay narrow
const BLANK = 0.2; // of the width may be empty beside the first and the last bar

export class View {
  constructor(count, width) {
    this.count = count;
    this.width = width; // of the panes in device pixels
    this.fit();
  }

  get span() {
    return this.right - this.left;
  }

  // Device pixels per bar.
  get step() {
    return this.width / this.span;
  }

  get widest() {
    return Math.max(NARROW, this.count * 1.04 + 2);
  }

  fit() {
    this.show(0, this.count - 1);
  }

  // Shows the bars `first` to `last` with a little room on both sides.
  show(first, last) {
    const bars = last - first + 1;
    const slack = Math.max(1, 0.012 * bars, (NARROW - bars) / 2);
    this.left = first - slack;
    this.right = last + 1 + slack;
    this.clamp();
  }

  pan(bars) {
    this.left += bars;
    this.right += bars;
    this.clamp();
  }

  // Shows `factor` times as many bars and leaves the position `anchor` where it is.
  zoom(factor, anchor) {
    const span = Math.min(this.widest, Math.max(FEWEST, this.span * factor));
    this.left = anchor - ((anchor - this.left) / this.span) * span;
    this.right = this.left + span;
    this.clamp();
  }

  clamp() {
    const span = Math.min(this.widest, Math.max(FEWEST, this.span));
    const blank = Math.max(1, span * BLANK);
    const low = Math.min(-blank, this.count - span);
    const high = Math.max(this.count + blank, span) - span;
    this.left = Math.min(Math.max(this.left, low), high);
    this.right = this.left + span;
  }

  // The first bar in view and the one after the last.
  range() {
    const first = Math.max(0, Math.floor(this.left));
    return [Math.min(first, this.count), Math.min(this.count, Math.max(0, Math.ceil(this.right)))];
  }

  // Where bar i begins, in whole device pixels. Counted from the newest bar, so that panning moves all bars
  // by the same number of pixels and thinned columns do not flicker.
  edge(i) {
    return Math.round((this.count - this.left) * this.step) + Math.floor((i - this.count) * this.step);
  }

  // Where the middle of bar i is.
  middle(i) {
    return this.edge(i) + this.step / 2;
  }

  // The position under a device pixel.
  position(x) {
    return this.left + x / this.step;
  }

  // The bar under a device pixel; the first or last one beside them.
  barAt(x) {
    const base = Math.round((this.count - this.left) * this.step);
    let i = Math.floor(this.count + (x - base) / this.step);
    if (this.edge(i + 1) <= x) i++;
    return Math.min(this.count - 1, Math.max(0, i));
  }
}
