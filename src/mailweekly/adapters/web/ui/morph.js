/*
 * From the markup that is there to the markup that should be, touching only what differs: focus, open details and scroll stay. Screens are left to the
 * caller, in `turns`: the one that is there, and the one that should be.
 */

const KEPT = new Set(["open", "hidden", "style"]); // what the page itself sets

export function morph(old, next, turns) {
  if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName || old.id !== next.id) return old.replaceWith(next);
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return undefined;
  }
  if (old.dataset.screen !== undefined && old.dataset.screen === next.dataset.screen) return turns.push([old, next]);
  if (old.isEqualNode(next)) return undefined;
  if (old.localName === "textarea" && old.value !== old.defaultValue) return undefined; // words that are not saved
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.localName === "select") old.value = next.value;
  children(old, next, turns);
  if (old.localName === "textarea" && old.value !== next.value) old.value = next.value;
  return undefined;
}

export function children(old, next, turns) {
  const was = [...old.childNodes];
  const will = [...next.childNodes];
  let first = 0;
  while (first < was.length && first < will.length && was[first].isEqualNode(will[first])) first += 1;
  let tail = 0;
  while (tail < Math.min(was.length, will.length) - first && was.at(-1 - tail).isEqualNode(will.at(-1 - tail))) tail += 1;
  const after = was[was.length - tail] ?? null;
  const [lost, gained] = [was.slice(first, was.length - tail), will.slice(first, will.length - tail)];
  lost.forEach((node, at) => (gained[at] ? morph(node, gained[at], turns) : node.remove()));
  for (const node of gained.slice(lost.length)) old.insertBefore(node, after);
}
