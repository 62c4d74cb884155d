// The search box: a combobox whose options come from the kernel.

const KERNEL_BUSY = 1500; // milliseconds without a reply

function createSearch(model, box, report) {
  const input = box.querySelector("input");
  const list = box.querySelector("[role=listbox]");
  let number = 0; // of the search that was sent last
  let waiting = false;
  let next = null; // the text to search for when the reply has come
  let answered = null; // the text that the options belong to
  let active = -1;
  let busyTimer = 0;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const isOpen = () => !list.hidden;

  function open(shown) {
    list.hidden = !shown;
    input.setAttribute("aria-expanded", String(shown));
    if (!shown) setActive(-1);
  }

  function setActive(at) {
    active = at;
    options().forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    const option = options()[at];
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function ask(kind, text) {
    waiting = true;
    next = null;
    number += 1;
    report({ do: kind, text, number });
    clearTimeout(busyTimer);
    busyTimer = setTimeout(() => {
      list.innerHTML = list.dataset.busy;
      open(true);
    }, KERNEL_BUSY);
  }

  function search() {
    if (waiting) next = input.value;
    else ask("search", input.value);
  }

  function pick(option) {
    input.value = "";
    answered = null;
    open(false);
    report({ do: "pick", code: option.dataset.code });
  }

  // Enter takes the marked option if the options belong to the text, else the best match of the text: a text that
  // is typed and submitted faster than it can be searched for is not lost.
  function submit() {
    const option = options()[active];
    if (option && isOpen() && answered === input.value) pick(option);
    else if (input.value.trim()) {
      answered = null;
      ask("submit", input.value);
    }
  }

  function show(reply) {
    if (reply.number !== number) return;
    clearTimeout(busyTimer);
    waiting = reply.final === false;
    if (reply.picked) {
      if (next === null) {
        input.value = "";
        open(false);
      }
    } else if (document.activeElement === input) {
      answered = reply.text;
      list.innerHTML = reply.html;
      open(true);
      setActive(input.value.trim() && options().length ? 0 : -1);
    }
    if (!waiting && next !== null) ask("search", next);
  }

  let submitAfterComposition = false;
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const count = options().length;
      if (!isOpen()) search();
      else if (count) setActive((active + (event.key === "ArrowDown" ? 1 : count - (active < 0 ? 0 : 1))) % count);
    } else if (event.key === "Enter") {
      if (event.isComposing) submitAfterComposition = true;
      else submit();
    } else if (event.key === "Escape" && !event.isComposing) {
      if (isOpen()) open(false);
      else {
        input.value = "";
        input.blur();
      }
    } else return;
    event.stopPropagation();
    if (!event.isComposing) event.preventDefault();
  });
  // With a Korean keyboard, Enter first ends the syllable; some browsers then send a second Enter, some do not.
  input.addEventListener("compositionend", () => {
    if (submitAfterComposition) setTimeout(() => input.value.trim() && submit());
    submitAfterComposition = false;
  });
  input.addEventListener("input", search);
  input.addEventListener("focus", search);
  input.addEventListener("blur", () => open(false));
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the box keeps the focus
    const option = event.target.closest("[role=option]");
    if (option) pick(option);
  });

  return { show, focus: () => input.focus(), input };
}
