// What the explorer learns from the page around it: light or dark, visible or hidden.

function isPageDark() {
  const lab = document.body.dataset.jpThemeLight;
  if (lab) return lab === "false";
  for (const node of [document.body, document.documentElement]) {
    const [red, green, blue, alpha = 1] = (getComputedStyle(node).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (blue !== undefined && alpha > 0) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function watchTheme(changed, signal) {
  const check = () => changed(isPageDark());
  const observer = new MutationObserver(check);
  observer.observe(document.body, { attributes: true });
  observer.observe(document.documentElement, { attributes: true });
  signal.addEventListener("abort", () => observer.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", check, { signal });
  check();
}

// Calls `tick` every few seconds while the element can be seen and the last tick has been answered.
function createTicker(element, tick, signal) {
  let visible = true;
  let timer = 0;
  let answered = true;
  const observer = new IntersectionObserver((entries) => {
    visible = entries.at(-1).isIntersecting;
  });
  observer.observe(element);
  const stop = () => clearInterval(timer);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    stop();
  });
  return {
    every(seconds) {
      stop();
      answered = true;
      if (seconds) {
        timer = setInterval(() => {
          if (!visible || document.hidden || !answered) return;
          answered = false;
          tick();
        }, 1000 * seconds);
      }
    },
    done() {
      answered = true;
    },
  };
}
