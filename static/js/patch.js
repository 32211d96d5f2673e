// Puts a new drawing in place of an old one without replacing what stayed the same: focus, selection, scrolling, and
// what people opened all survive. Elements are paired by their order; `prepare` may change the new drawing first.
function patchInto(box, html, prepare) {
  const template = document.createElement("template");
  template.innerHTML = html;
  if (prepare) prepare(template.content);
  patchChildren(box, template.content);
}

function patchChildren(old, fresh) {
  const next = [...fresh.childNodes];
  const now = [...old.childNodes];
  next.forEach((node, place) => {
    const there = now[place];
    if (!there) old.append(node);
    else if (there.nodeType !== node.nodeType || there.nodeName !== node.nodeName) there.replaceWith(node);
    else patchNode(there, node);
  });
  for (const node of now.slice(next.length)) node.remove();
}

function patchNode(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  // Whether a part is open is the reader's choice.
  const kept = old.nodeName === "DETAILS" ? ["open"] : [];
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !kept.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  patchChildren(old, fresh);
}

// Text that is being marked, to copy it, is not changed under the reader's hands.
function isMarked(box) {
  const selection = document.getSelection();
  return Boolean(selection && !selection.isCollapsed && selection.rangeCount && selection.getRangeAt(0).intersectsNode(box));
}
