// A price chart that can be zoomed and panned, on two canvases. Entry points: `mount` and, for anywidget, `render`.

import { Bars, decode } from "./bars.js";
import { axisText } from "./axes.js";
import { paintOverlay } from "./crosshair.js";
import { formatPrice } from "./format.js";
import { listen } from "./input.js";
import { paintChart } from "./paint.js";
import {
  barPieces, describe, element, fillTable, headlinePieces, legendPieces, selectionPieces, setPieces,
} from "./readout.js";
import { stackPanes } from "./scales.js";
import { rankTimes } from "./time_axis.js";
import { View } from "./view.js";

const GAP = 5; // between panes, CSS pixels
const FOOT = 22; // the time axis

export class Chart {
  // `report(name, value)` is told of the bars in view and of the selection.
  constructor(parent, report = () => {}) {
    this.report = report;
    this.theme = "auto";
    this.cursor = null;
    this.selection = null;
    this.abort = new AbortController();
    this.build(parent);
    const watch = { signal: this.abort.signal };
    this.observers = [new ResizeObserver(() => this.resize()), new MutationObserver(() => this.restyle())];
    this.observers[0].observe(this.surface);
    for (const node of [document.documentElement, document.body]) {
      this.observers[1].observe(node, { attributes: true });
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.restyle(), watch);
    listen(this, this.abort.signal);
  }

  build(parent) {
    this.root = element("div", "kr-live", parent);
    this.root.tabIndex = 0;
    this.root.setAttribute("role", "application");
    this.root.setAttribute("aria-roledescription", "가격 차트");
    const head = element("div", "kr-head", this.root);
    this.headline = element("div", "kr-headline", head);
    const tools = element("div", "kr-tools", head);
    this.button(tools, "−", "축소 (−)", () => this.view.zoom(1.5, (this.view.left + this.view.right) / 2));
    this.button(tools, "+", "확대 (+)", () => this.view.zoom(1 / 1.5, (this.view.left + this.view.right) / 2));
    this.button(tools, "전체", "전체 보기 (0, 두 번 클릭)", () => this.view.fit());
    this.values = element("div", "kr-values", this.root);
    this.surface = element("div", "kr-surface", this.root);
    this.base = element("canvas", "", this.surface);
    this.overlay = element("canvas", "", this.surface);
    this.summary = element("div", "kr-summary", this.surface);
    this.hinted = element("div", "kr-hint", this.surface, "차트를 클릭하거나 Ctrl을 누른 채 휠을 돌리면 확대됩니다");
    this.spoken = element("div", "kr-hidden", this.root);
    this.spoken.setAttribute("aria-live", "polite");
    this.table = element("table", "kr-hidden", this.root);
    for (const canvas of [this.base, this.overlay]) canvas.setAttribute("aria-hidden", "true");
  }

  button(parent, text, title, act) {
    const made = element("button", "", parent, text);
    made.type = "button";
    made.title = title;
    made.setAttribute("aria-label", title);
    made.addEventListener("click", () => {
      act();
      this.changed(true);
    });
  }

  // Shows a payload; `keep` leaves the period that is in view, else the payload says which bars to begin with.
  load(payload, keep = false) {
    const seen = keep && this.bars?.count ? [this.view.left, this.view.right - 1].map((at) => this.timeAt(at)) : null;
    this.bars = payload instanceof Bars ? payload : decode(payload);
    const { header, count } = this.bars;
    this.ranks = rankTimes(this.bars);
    this.view = new View(count, this.view?.width ?? 1);
    if (seen) this.view.show(Math.max(0, this.bars.at(seen[0])), Math.max(0, this.bars.at(seen[1])));
    else this.view.show(...header.visible);
    this.cursor = this.selection = null;
    this.panes = header.panes.map((pane) => ({ ...pane, legendHeight: 0 }));
    for (const old of this.legends ?? []) old.remove();
    this.legends = this.panes.map(() => element("div", "kr-legend", this.surface));
    this.surface.style.height = `${header.height}px`;
    this.resize();
  }

  timeAt(position) {
    return this.bars.time(Math.min(this.bars.count - 1, Math.max(0, Math.round(position))));
  }

  // Fits the canvases to the size of the cell and the pixels of the screen.
  resize() {
    const { width, height } = this.surface.getBoundingClientRect();
    if (!this.bars || !width || !height) return;
    this.ratio = window.devicePixelRatio || 1;
    const size = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    for (const canvas of [this.base, this.overlay]) {
      if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    }
    const font = getComputedStyle(this.root);
    this.frame = { font: `${Math.round(11 * this.ratio)}px ${font.fontFamily}`, ratio: this.ratio };
    this.frame.g = this.base.getContext("2d", { alpha: false });
    [this.frame.width, this.frame.height] = size;
    this.frame.foot = size[1] - Math.round(FOOT * this.ratio);
    this.view.width = Math.max(1, size[0] - this.axisWidth());
    this.root.classList.toggle("kr-narrow", width < 560);
    this.restyle();
    const weights = this.panes.map((pane) => pane.weight);
    stackPanes(this.frame.foot, weights, Math.round(GAP * this.ratio)).forEach((place, k) => {
      Object.assign(this.panes[k], place);
      Object.assign(this.legends[k].style, { top: `${place.top / this.ratio}px`, right: `${this.axis / this.ratio}px` });
      setPieces(this.legends[k], this.legendOf(k, this.bars.count - 1));
      this.panes[k].legendHeight = this.legends[k].offsetHeight;
    });
    this.changed(true);
  }

  // Room for the longest value of any pane.
  axisWidth() {
    const { g } = this.frame;
    g.font = this.frame.font;
    let widest = g.measureText("9,999.9만").width;
    for (const pane of this.panes) {
      for (const value of pane.extremes) {
        widest = Math.max(widest, g.measureText(axisText(pane, value, this.bars.header.decimals)).width);
      }
    }
    return (this.axis = Math.ceil(widest + 14 * this.ratio));
  }

  // Light or dark: as told, else as the page behind the chart is.
  restyle() {
    if (!this.bars) return;
    const dark = this.theme === "auto" ? isDark(this.root.parentElement) : this.theme === "dark";
    this.colours = this.bars.header.themes[dark ? "dark" : "light"];
    for (const [name, colour] of Object.entries(this.colours)) {
      if (name !== "lines") this.root.style.setProperty(`--kr-${name}`, colour);
    }
    this.changed(true);
  }

  legendOf(k, bar) {
    return this.bars.count ? legendPieces(this.bars, this.panes[k], bar, this.colours) : [];
  }

  // Draws in the next frame: everything, or only what follows the pointer.
  changed(all) {
    this.stale ||= all;
    if (this.due || !this.frame) return;
    this.due = requestAnimationFrame(() => {
      this.due = 0;
      if (this.stale) this.paint();
      this.stale = false;
      this.paintCursor();
    });
  }

  paint() {
    Object.assign(this.frame, { bars: this.bars, ranks: this.ranks, view: this.view, panes: this.panes });
    this.frame.colours = this.colours;
    paintChart(this.frame);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), 150);
  }

  paintCursor() {
    const bar = this.cursor ? this.cursor.bar : this.bars.count - 1;
    paintOverlay(this.frame, this.overlay.getContext("2d"), this.cursor, this.selection);
    setPieces(this.headline, headlinePieces(this.bars));
    setPieces(this.values, this.bars.count ? barPieces(this.bars, bar) : [["표시할 봉이 없습니다", "kr-muted"]]);
    this.legends.forEach((legend, k) => setPieces(legend, this.legendOf(k, bar)));
    setPieces(this.summary, this.selection ? selectionPieces(this.bars, this.selection) : []);
    this.summary.hidden = !this.selection;
  }

  // When nothing has moved for a moment: texts for screen readers, and the report to Python.
  settle() {
    this.root.setAttribute("aria-label", describe(this.bars, this.view));
    fillTable(this.table, this.bars, this.view);
    const [first, end] = this.view.range();
    this.report("visible", this.bars.count ? [first, end - 1] : []);
    this.root.dataset.visible = `${first} ${end - 1}`;
  }

  select(from, to) {
    this.selection = from === undefined ? null : [Math.min(from, to), Math.max(from, to)];
    this.report("selection", this.selection ?? []);
    this.changed(false);
  }

  announce(bar) {
    this.spoken.textContent = barPieces(this.bars, bar).map(([text]) => text).join(" ");
  }

  hint() {
    this.hinted.classList.add("kr-shown");
    clearTimeout(this.hiding);
    this.hiding = setTimeout(() => this.hinted.classList.remove("kr-shown"), 1200);
  }

  remove() {
    this.abort.abort();
    for (const observer of this.observers) observer.disconnect();
    clearTimeout(this.settling);
    cancelAnimationFrame(this.due);
    this.root.remove();
  }
}

// Whether the first opaque background around an element is dark.
function isDark(node) {
  for (let at = node; at; at = at.parentElement) {
    const [red, green, blue, alpha = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (alpha > 0.5 && red !== undefined) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  }
  return false;
}

// Replaces the picture of every output that holds this payload and is not alive yet.
export function mount(key, base64) {
  for (const place of document.querySelectorAll(`[data-kr-chart="${key}"]:not([data-alive])`)) {
    place.dataset.alive = "true";
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const chart = new Chart(place);
    chart.theme = place.dataset.theme;
    try {
      chart.load(bytes);
      place.querySelector("img")?.remove();
    } catch (error) {
      chart.remove(); // the picture stays
      throw error;
    }
  }
}

// The widget: payload, theme and what to show come from Python; the bars in view and the selection go back.
export function render({ model, el }) {
  const chart = new Chart(el, (name, value) => {
    model.set(`_${name}`, value);
    model.save_changes();
  });
  const load = () => chart.load(model.get("_payload"), model.get("_keep_view"));
  const restyle = () => {
    chart.theme = model.get("theme");
    chart.restyle();
  };
  const show = () => {
    const [first, last] = model.get("_shown");
    chart.view.show(first, last);
    chart.changed(true);
  };
  const handlers = { "change:_payload": load, "change:theme": restyle, "change:_shown": show };
  for (const [name, handle] of Object.entries(handlers)) model.on(name, handle);
  chart.theme = model.get("theme");
  load();
  return () => {
    for (const [name, handle] of Object.entries(handlers)) model.off(name, handle);
    chart.remove();
  };
}
