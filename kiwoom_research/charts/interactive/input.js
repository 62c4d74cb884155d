// Pointer, wheel and keyboard. `chart` offers view, bars, ratio, root, cursor, selection and changed().

const DRAG = 4; // pixels a pointer may move during a click

export function listen(chart, signal) {
  const { root, surface } = chart;
  const on = (target, type, handle, options) => target.addEventListener(type, handle, { signal, ...options });
  const pointers = new Map();
  let anchor = null; // first bar of the range that shift-drag selects
  let pinch = 0;

  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return { x: (event.clientX - box.left) * chart.ratio, y: (event.clientY - box.top) * chart.ratio };
  };
  const hover = ({ x, y }) => {
    const inside = x >= 0 && x < chart.view.width && y >= 0 && y < chart.frame.foot;
    chart.cursor = inside && chart.bars.count ? { bar: chart.view.barAt(x), y } : null;
  };

  on(surface, "pointerdown", (event) => {
    if (event.button) return;
    root.focus({ preventScroll: true });
    surface.setPointerCapture(event.pointerId);
    const at = place(event);
    pointers.set(event.pointerId, { ...at, from: at, moved: false });
    pinch = 0;
    anchor = event.shiftKey && chart.bars.count ? chart.view.barAt(at.x) : null;
    if (anchor !== null) chart.select(anchor, anchor);
  });

  on(surface, "pointermove", (event) => {
    const at = place(event);
    const pointer = pointers.get(event.pointerId);
    if (pointer) {
      const far = Math.hypot(at.x - pointer.from.x, at.y - pointer.from.y) > DRAG * chart.ratio;
      pointer.moved ||= far;
      if (anchor !== null) chart.select(anchor, chart.view.barAt(at.x));
      else if (pointers.size === 1 && pointer.moved) chart.view.pan((pointer.x - at.x) / chart.view.step);
      Object.assign(pointer, at);
      if (pointers.size === 2) pinchZoom([...pointers.values()]);
      surface.classList.toggle("kr-dragging", pointer.moved && anchor === null);
    }
    hover(at);
    chart.changed(Boolean(pointer));
  });

  const pinchZoom = ([a, b]) => {
    const gap = Math.max(20, Math.abs(a.x - b.x));
    if (pinch) chart.view.zoom(pinch / gap, chart.view.position((a.x + b.x) / 2));
    pinch = gap;
  };

  for (const type of ["pointerup", "pointercancel"]) {
    on(surface, type, (event) => {
      const pointer = pointers.get(event.pointerId);
      pointers.delete(event.pointerId);
      surface.classList.remove("kr-dragging");
      pinch = 0;
      if (anchor === null && pointer && !pointer.moved && chart.selection) chart.select();
      anchor = null;
    });
  }

  on(surface, "pointerleave", () => {
    if (pointers.size) return;
    chart.cursor = null;
    chart.changed(false);
  });

  on(surface, "dblclick", () => {
    chart.view.fit();
    chart.changed(true);
  });

  on(
    surface,
    "wheel",
    (event) => {
      const zooming = event.ctrlKey || event.metaKey;
      if (!zooming && !root.matches(":focus-within")) {
        chart.hint(); // the page scrolls
        return;
      }
      event.preventDefault();
      const unit = [1, 16, 400][event.deltaMode];
      const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
      const at = place(event);
      if (!zooming && (event.shiftKey || Math.abs(dx) > Math.abs(dy))) {
        chart.view.pan(((dx || dy) * chart.ratio) / chart.view.step);
      } else {
        const step = Math.max(-120, Math.min(120, dy)) * (event.ctrlKey && Math.abs(dy) < 30 ? 0.01 : 0.0015);
        chart.view.zoom(Math.exp(step), chart.view.position(Math.min(at.x, chart.view.width)));
      }
      hover(at);
      chart.changed(true);
    },
    { passive: false },
  );

  // JupyterLab would take plain keys before they arrive here; combinations such as Ctrl+S stay its own
  window.addEventListener("keydown", (event) => suppressShortcuts(root, event), { capture: true, signal });
  on(root, "keydown", (event) => keyPressed(chart, event));
  on(root, "focusout", () => {
    chart.cursor = null;
    chart.changed(false);
  });
}

// Tells JupyterLab, before it sees a key, whether the key is its own.
function suppressShortcuts(root, event) {
  if (!root.contains(event.target)) return;
  if (event.ctrlKey || event.metaKey || event.altKey) delete root.dataset.lmSuppressShortcuts;
  else root.dataset.lmSuppressShortcuts = "true";
}

// Every key that is pressed in the chart stays in it, but for Tab and for combinations with Ctrl, Alt or Cmd.
function keyPressed(chart, event) {
  if (event.key === "Tab" || event.ctrlKey || event.metaKey || event.altKey) return;
  event.stopPropagation();
  const { view, bars } = chart;
  const bar = chart.cursor ? chart.cursor.bar : bars.count;
  const page = Math.max(1, Math.floor(view.span * 0.8));
  const actions = {
    ArrowLeft: () => moveTo(chart, bar - 1, event.shiftKey),
    ArrowRight: () => moveTo(chart, bar + 1, event.shiftKey),
    Home: () => moveTo(chart, 0, event.shiftKey),
    End: () => moveTo(chart, bars.count - 1, event.shiftKey),
    PageUp: () => view.pan(-page),
    PageDown: () => view.pan(page),
    "+": () => view.zoom(0.8, Math.min(bar, view.right)),
    "-": () => view.zoom(1.25, Math.min(bar, view.right)),
    0: () => view.fit(),
    Escape: () => leave(chart),
  };
  actions["="] = actions["+"];
  const action = actions[event.key];
  if (!action || !bars.count) return;
  event.preventDefault();
  action();
  chart.changed(true);
}

// Moves the crosshair to a bar and brings it into view; with Shift the range from where it was is selected.
function moveTo(chart, bar, selecting) {
  const { view, bars } = chart;
  const to = Math.min(bars.count - 1, Math.max(0, bar));
  if (selecting) {
    const [first, last] = chart.selection ?? [];
    const from = chart.cursor?.bar;
    const anchor = !chart.selection ? (from ?? to) : from === first ? last : first;
    chart.select(anchor, to);
  }
  chart.cursor = { bar: to, y: null };
  if (to < view.left) view.pan(to - view.left - 1);
  if (to + 1 > view.right) view.pan(to + 2 - view.right);
  chart.announce(to);
}

// First the selection goes, then the crosshair, then the focus.
function leave(chart) {
  if (chart.selection) chart.select();
  else if (chart.cursor) chart.cursor = null;
  else chart.root.blur();
}
