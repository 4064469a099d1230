/*
 * The palette: every view, switch, issue, finding and command of the page, found by some letters of its words. It knows nothing of them: whatever has a
 * key, leads to a line or is an issue is taken from the page as it stands.
 */

const MOST = 60;
const dialog = document.getElementById("palette");
const field = document.getElementById("wanted");
const list = document.getElementById("found");
let entries = [];
let at = 0;

export function openPalette(choose) {
  entries = gathered(choose);
  field.value = "";
  dialog.showModal();
  draw();
}

function gathered(choose) {
  const found = [];
  const add = (kind, words, key, act) => words && found.push({ kind, words, key, act, plain: words.toLowerCase() });
  for (const one of document.querySelectorAll(".tabs a[data-key]")) add("View", one.title.replace(/ \(.\)$/, ""), one.dataset.key, () => one.click());
  for (const one of document.querySelectorAll("[data-key]"))
    if (!one.closest(".tabs")) add("Command", one.getAttribute("aria-label") ?? one.title.replace(/ \(.+\)$/, "") ?? one.textContent, one.dataset.key, () => one.click());
  for (const one of document.querySelectorAll("#issue option")) add("Issue", one.textContent, "", () => choose(one.value));
  for (const one of document.querySelectorAll(".findings a.place")) add("Finding", `${one.textContent}: ${one.closest("li").querySelector(".fault").textContent}`, "", () => one.click());
  return found;
}

function draw() {
  const wanted = field.value.trim().toLowerCase().split(/\s+/);
  const shown = entries.filter((one) => wanted.every((word) => one.plain.includes(word) || one.kind.toLowerCase().startsWith(word))).slice(0, MOST);
  at = 0;
  list.replaceChildren(...shown.map(row));
  aim();
}

function row(entry, place) {
  const item = document.createElement("li");
  item.id = `found-${place}`;
  item.role = "option";
  const part = (tag, textContent, className = "") => item.append(Object.assign(document.createElement(tag), { textContent, className }));
  part("span", entry.kind, "kind");
  part("span", entry.words, "words");
  if (entry.key) part("kbd", entry.key);
  item.act = entry.act;
  return item;
}

function aim() {
  [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
  const item = list.children[at];
  if (item) field.setAttribute("aria-activedescendant", item.id);
  else field.removeAttribute("aria-activedescendant");
  item?.scrollIntoView({ block: "nearest" });
}

function take(item) {
  field.blur(); // else it has the focus until the next frame, and the next key
  dialog.close();
  item?.act();
}

field.addEventListener("input", draw);
field.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    at = (at + step + list.children.length) % Math.max(1, list.children.length);
    aim();
  } else if (event.key === "Enter") {
    event.preventDefault();
    take(list.children[at]);
  }
});
list.addEventListener("click", (event) => take(event.target.closest("li")));
