// Shows the regions that Python renders and reports to Python what the user does.

const REGIONS = ["headline", "actions", "toolbar", "tabs", "notice", "overlay", "content", "info", "watchlist", "help"];

function render({ model, el }) {
  const controller = new AbortController();
  const { signal } = controller;
  const report = (event) => model.send(event);
  el.classList.add("kr-page");
  el.innerHTML = model.get("frame");
  const region = Object.fromEntries(REGIONS.map((name) => [name, el.querySelector(`[data-region=${name}]`)]));
  let counting = 0; // the timer of countdowns
  const search = createSearch(model, el.querySelector(".kr-find"), report);

  for (const name of REGIONS) {
    const update = () => {
      setContent(region[name], model.get(name));
      count();
    };
    model.on(`change:${name}`, update);
    update();
  }

  // --- seconds that pass: countdowns and waiting times ---

  function count() {
    const shown = el.querySelectorAll("[data-countdown], [data-elapsed]");
    if (shown.length && !counting) counting = setInterval(count, 250);
    if (!shown.length) counting = clearInterval(counting) ?? 0;
    for (const node of shown) {
      if (node.since === undefined || node.shownFor !== node.dataset.id) {
        node.since = performance.now();
        node.shownFor = node.dataset.id;
      }
      const passed = (performance.now() - node.since) / 1000;
      const left = Number(node.dataset.countdown) - passed;
      node.textContent = node.dataset.countdown ? Math.max(1, Math.ceil(left)) : passed < 2 ? "" : `${Math.floor(passed)}초`;
    }
  }

  // --- clicks and choices ---

  function choose(target) {
    if (target.getAttribute("aria-disabled") === "true") return;
    if (target.dataset.group) {
      for (const other of el.querySelectorAll(`[data-group="${target.dataset.group}"]`)) {
        other.setAttribute("aria-pressed", String(other === target));
      }
    }
    const { do: action, ...details } = target.dataset;
    if (action === "copy") copy(target);
    else if (action === "focus-search") search.focus();
    else report({ do: action, ...details });
  }

  async function copy(button) {
    const text = el.querySelector(`[data-region=content] pre`).textContent;
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const selection = getSelection();
      selection.selectAllChildren(el.querySelector("[data-region=content] pre"));
      document.execCommand("copy");
    }
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = label), 1500);
  }

  el.addEventListener("click", (event) => {
    const target = event.target.closest("[data-do]");
    if (target && target.matches("button, a, tr, [role=option]")) choose(target);
  });
  el.addEventListener("change", (event) => {
    const target = event.target.closest("select[data-do], input[data-do]");
    if (!target) return;
    const value = target.type === "checkbox" ? target.checked : target.value;
    report({ do: target.dataset.do, name: target.dataset.name, value });
  });

  // --- the explorer around this page: its theme, its keys ---

  const root = () => el.closest(".kr-explorer");
  const keyOf = (event) => (event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key);

  function onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea")) return;
    const target = el.querySelector(`[data-key="${CSS.escape(keyOf(event))}"]`);
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    choose(target);
  }

  // JupyterLab's "d d" would delete the cell; combinations such as Ctrl+S stay its own
  function suppressShortcuts(event) {
    const explorer = root();
    if (!explorer?.contains(event.target)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) delete explorer.dataset.lmSuppressShortcuts;
    else explorer.dataset.lmSuppressShortcuts = "true";
  }

  function onPointer(event) {
    const here = event.target.closest?.(".kr-explorer");
    if (here === root() && !event.target.closest("button, a, input, select, [tabindex='0']")) {
      requestAnimationFrame(() => here.contains(document.activeElement) || here.focus({ preventScroll: true }));
    }
  }

  const ticker = createTicker(el.querySelector(".kr-find"), () => report({ do: "tick" }), signal);
  const applyRefresh = () => ticker.every(model.get("refresh_seconds"));
  model.on("change:refresh_seconds", applyRefresh);
  applyRefresh();

  function applyTheme() {
    root()?.classList.toggle("kr-dark", model.get("dark"));
    root()?.classList.toggle("kr-western", model.get("western"));
  }
  model.on("change:dark", applyTheme);
  model.on("change:western", applyTheme);

  // the page is put into the document after it has been rendered
  const connected = setInterval(() => {
    const explorer = root();
    if (!explorer) return;
    clearInterval(connected);
    window.addEventListener("keydown", suppressShortcuts, { capture: true, signal });
    explorer.tabIndex = -1;
    explorer.addEventListener("keydown", onKey, { signal });
    explorer.addEventListener("pointerdown", onPointer, { signal });
    watchTheme((dark) => report({ do: "page-theme", dark }), signal);
    applyTheme();
  }, 20);

  model.on("msg:custom", (message, buffers) => {
    if (message.kind === "hits") search.show(message);
    else if (message.kind === "ticked") ticker.done();
    else if (message.kind === "file") download(message.name, message.type, buffers[0]);
  });

  return () => {
    controller.abort();
    clearInterval(connected);
    clearInterval(counting);
  };
}

function download(name, type, bytes) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export default { render };
