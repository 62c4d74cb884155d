// Makes an element look like new HTML while it keeps focus, scroll positions and running animations.

function morph(target, source) {
  for (const { name, value } of source.attributes) {
    if (target.getAttribute(name) !== value) target.setAttribute(name, value);
  }
  for (const { name } of [...target.attributes]) {
    if (!source.hasAttribute(name)) target.removeAttribute(name);
  }
  const before = [...target.childNodes];
  const after = [...source.childNodes];
  after.forEach((node, at) => {
    const old = before[at];
    if (!old) target.append(node);
    else if (!sameKind(old, node)) old.replaceWith(node);
    else if (node.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== node.data) old.data = node.data;
    } else morph(old, node);
  });
  before.slice(after.length).forEach((node) => node.remove());
  syncValue(target);
}

function sameKind(old, node) {
  return (
    old.nodeType === node.nodeType &&
    old.nodeName === node.nodeName &&
    old.dataset?.id === node.dataset?.id
  );
}

// What a user has typed or chosen is a property and no longer follows the attribute.
function syncValue(element) {
  if (element.nodeName === "SELECT") {
    element.value = element.querySelector("option[selected]")?.value ?? element.value;
  } else if (element.nodeName === "INPUT" && element !== document.activeElement) {
    element.value = element.getAttribute("value") ?? "";
  }
}

function setContent(element, html) {
  const source = document.createElement("template");
  source.innerHTML = html;
  const wrapper = element.cloneNode(false);
  wrapper.append(source.content);
  morph(element, wrapper);
}
