/*
 * The live half of the studio. The server draws every page whole; this module only replaces what has changed in it, tells the keys apart and keeps the
 * scroll. Without it everything but live reload still works.
 *
 * A picture is `{generation, title, stale, zones: {name: markup}, ...}`, told by the stream of events after a save or asked for when the look changes;
 * the findings follow when it has been painted, so that they never hold it up.
 */

import { children } from "./morph.js";
import { openPalette } from "./palette.js";
import { begin, foremost, prepare, turn } from "./screens.js";

const PLAUSIBLE_MS = 20000; // a save longer ago than this was not what we show
const TABBED_MS = 300; // from a Tab to the focus it moves
const root = document.documentElement;
const policy = window.trustedTypes?.createPolicy("mailweekly", { createHTML: (text) => text });
const byKey = (key) => document.querySelector(`[data-key="${CSS.escape(key)}"]`);
const zone = (name) => document.querySelector(`[data-zone="${name}"]`);
const here = () => location.pathname + location.search;
const query = () => new URLSearchParams(location.search);
const narrow = matchMedia("(width < 900px)");

let shown = Number(root.dataset.generation);
let busy = false; // a picture is on its way
let waiting = null; // what to show after it; only the newest
let checked = 0; // findings asked for so far: an answer that is not the newest is dropped
let stream = null;
let streamName = "";
const pressed = []; // keys meanwhile: their buttons lead on from what is not shown yet

/* Fetching */

async function part(name) {
  const answer = await fetch(here(), { headers: { "X-Mailweekly-Part": name, "X-Mailweekly-Stream": streamName } });
  if (!answer.headers.get("content-type")?.startsWith("application/json")) throw new Error(`status ${answer.status}`);
  return answer.json();
}

/* Show what the address names, or the picture that was told. */
async function show(why = {}, told = null) {
  if (busy) {
    waiting = why;
    return;
  }
  busy = true;
  let others;
  let picture = told;
  try {
    picture ??= await part("picture");
    others = await apply(picture);
  } catch (error) {
    picture = null;
    say(`the preview does not answer (${error.message}); start it again in the terminal`, true);
  }
  const painted = picture ? await paint() : 0;
  await others?.();
  busy = false;
  if (waiting) {
    const next = waiting;
    waiting = null;
    show(next);
  } else if (pressed.length) press(pressed.shift());
  else if (picture && !why.moved) check(picture, why.saved ? painted - why.saved : 0, why.names ?? []);
}

const paint = () => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(Date.now()))));

async function check(picture, sinceSave, names) {
  const turn = ++checked;
  const found = await part("findings").catch(() => null);
  if (!found || turn !== checked || busy) return;
  await (await apply(found))();
  const fresh = sinceSave > 0 && sinceSave < PLAUSIBLE_MS;
  if (fresh) follow();
  const [first, last] = picture.changed;
  const lines = first && fresh ? ` (line ${first}${last > first ? ` to ${last}` : ""})` : "";
  say(
    [
      picture.stale ? "not rendered" : `rendered in ${picture.took_ms} ms`,
      fresh ? `painted ${sinceSave} ms after the save of ${names.join(", ")}${lines}` : "",
      found.found >= 0 ? `${found.found} ${found.found === 1 ? "finding" : "findings"}` : "",
    ]
      .filter(Boolean)
      .join(" · "),
  );
}

function say(words, loud = false) {
  const status = document.getElementById("status");
  if (status.textContent !== words) status.textContent = words;
  status.classList.toggle("loud", loud);
}

/* Replacing */

/* Replaces what differs, of the screens the foremost; what is returned replaces the others. */
async function apply(picture) {
  const turns = [];
  document.title = picture.title;
  for (const [name, markup] of Object.entries(picture.zones)) {
    const now = zone(name);
    if (now) renew(now, markup, turns);
  }
  const first = foremost(turns.map(([now]) => now));
  const turned = async (some) => {
    await Promise.all(some.map(([now, next]) => turn(now, next, picture.coming)));
    for (const frame of document.querySelectorAll("iframe:not(.coming)"))
      if (some.length === turns.length || frame.closest(".screen") === first) frame.dataset.generation = picture.generation;
  };
  await turned(turns.filter(([now]) => now === first));
  shown = picture.generation;
  root.dataset.generation = shown;
  root.toggleAttribute("data-stale", picture.stale);
  root.dataset.pane = new URLSearchParams(location.search).get("pane") || "mail";
  settle();
  return () => turned(turns);
}

function renew(now, markup, turns) {
  const fresh = document.createElement("template");
  fresh.innerHTML = policy ? policy.createHTML(markup) : markup;
  reveal(fresh.content);
  const [was, will] = [now.firstElementChild, fresh.content.firstElementChild];
  if (now.dataset.zone === "view" && was?.dataset.shown !== will?.dataset.shown) {
    // focus goes to the new view, not to nowhere; and Chromium 156 dies of a focused link that goes together with a frame
    if (now.contains(document.activeElement)) document.getElementById("view").focus({ preventScroll: true });
    now.replaceChildren(fresh.content);
    now.scrollTop = 0;
    now.querySelector("[autofocus]")?.focus();
  } else children(now, fresh.content, turns);
}

/* What is done to each new page: spare frames, scripts of views, the line that is pointed at. */
function settle() {
  prepare();
  for (const element of document.querySelectorAll("[data-module]:not([data-started])")) {
    element.dataset.started = "";
    import(`/ui/${element.dataset.module}`).then((module) => module.start(element));
  }
  aim();
}

function reveal(top) {
  for (const element of top.querySelectorAll("[data-script]")) element.hidden = false;
  for (const element of top.querySelectorAll("[data-without-script]")) element.hidden = true;
}

/* Lines and findings */

/* Bring the line that the address points at into its pane, once for each address. */
let aimed = "";

function aim() {
  const line = /:(\d+)$/.exec(query().get("finding") ?? "")?.[1];
  const target = line && document.getElementById(`L${line}`);
  for (const one of document.querySelectorAll(".markdown .aimed")) one.classList.toggle("aimed", one === target);
  const edit = byKey("e");
  if (edit) edit.dataset.values = JSON.stringify({ line: Number(line ?? 1) });
  if (!target || aimed === location.href) return;
  aimed = location.href;
  target.classList.add("aimed");
  centre(target);
  const finding = document.querySelector(".findings li.aimed") ?? document.getElementById(`F${line}`);
  if (finding) centre(finding, true);
}

/* Keep the Markdown beside what was just saved. */
function follow() {
  const line = document.querySelector(".markdown .fresh");
  if (line) centre(line, true);
}

function centre(element, onlyIfUnseen = false) {
  const pane = element.closest(".scroll");
  const [box, frame] = [element.getBoundingClientRect(), pane.getBoundingClientRect()];
  if (onlyIfUnseen && box.top >= frame.top && box.bottom <= frame.bottom) return;
  pane.scrollTop += box.top - frame.top - Math.max(0, (frame.height - box.height) / 3);
}

function step(by) {
  const all = [...document.querySelectorAll(".findings a.place")];
  const now = all.findIndex((one) => one.closest("li").classList.contains("aimed"));
  all[now < 0 ? (by > 0 ? 0 : all.length - 1) : (now + by + all.length) % all.length]?.click();
}

/* What the page can do */

function go(url) {
  const to = new URL(url, location.href);
  const finding = to.searchParams.get("finding");
  if (narrow.matches && finding && finding !== query().get("finding")) to.searchParams.set("pane", "markdown");
  to.hash = ""; // aim() does it
  if (to.href !== location.href) history.pushState(null, "", to);
  shut();
  return show();
}

/* Close what pops up, but for what is pressed in it. */
function shut(pressed = null) {
  for (const one of document.querySelectorAll("details[data-pop][open]")) if (!one.contains(pressed)) one.open = false;
}

export async function post(name, values) {
  const answer = await fetch(`/do/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Mailweekly": "1" },
    body: JSON.stringify({ at: here(), values }),
  }).catch(() => null);
  return answer?.ok ? answer.json() : { words: `refused (${answer?.status ?? "no answer"})`, failed: true };
}

async function act(name, values, form) {
  if (form?.ariaBusy) return;
  if (form) form.ariaBusy = "true";
  const told = await post(name, values);
  if (form) form.ariaBusy = null;
  if (told.copy) await clip(told.copy);
  const place = form?.querySelector("[data-told]");
  if (place && told.markup) renew(place, told.markup, []);
  else if (place && told.failed) place.textContent = told.words;
  if (told.words) say(told.words, told.failed);
  if (told.go) await go(told.go);
  else if (told.again) await show();
}

async function clip(text) {
  await navigator.clipboard.writeText(text).catch(() => say("this browser does not let the page copy", true));
}

async function copied(name, words) {
  const url = new URL(location.href);
  const answer = await fetch(`${url.pathname}/read/${name}${url.search}`);
  if (!answer.ok) return say("there is nothing to copy", true);
  await clip(await answer.text());
  return say(`${words} copied`);
}

const THEMES = { "": "dark", dark: "light", light: "" };
const UI = {
  palette: () => openPalette((issue) => go(issueUrl(issue))),
  keys: () => document.getElementById("keys").showModal(),
  again: () => act("again", {}),
  "copy-html": () => copied("mail.html", "HTML"),
  "copy-text": () => copied("mail.txt", "text"),
  alone: () => (root.toggleAttribute("data-alone") ? root.requestFullscreen() : document.exitFullscreen()).catch(() => {}),
  before: () => step(-1),
  after: () => step(1),
  theme: () => {
    root.dataset.theme = THEMES[root.dataset.theme ?? ""];
    keep("theme", root.dataset.theme);
    say(`the studio is ${root.dataset.theme || "as the system is"}`);
  },
};

/* its address may be past */
function pointed(link) {
  const to = query();
  to.set("finding", new URL(link.href).searchParams.get("finding"));
  return `?${to}`;
}

function issueUrl(number) {
  const kept = query();
  kept.delete("finding");
  kept.delete("pick");
  return `/${number}${kept.size ? `?${kept}` : ""}`;
}

function keep(name, value) {
  try {
    localStorage.setItem(`mailweekly-${name}`, value);
  } catch {
    /* storage is off: until the next load */
  }
}

document.addEventListener("click", (event) => {
  shut(event.target);
  const target = event.target.closest("a, button");
  if (!target || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (target.dataset.ui) {
    target.closest("details[data-pop]")?.removeAttribute("open");
    UI[target.dataset.ui]();
  } else if (target.dataset.do && !target.form?.dataset.do) act(target.dataset.do, JSON.parse(target.dataset.values ?? "{}"), target.closest("[data-form]"));
  else if (target.matches("a[href^='/']:not([target], [download])")) {
    event.preventDefault();
    go(target.matches(".findings a.place") ? pointed(target) : target.getAttribute("href"));
  }
});

document.addEventListener("dblclick", (event) => {
  const line = event.target.closest(".markdown li");
  if (line) act("goto", { line: Number(line.id.slice(1)) });
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const fields = Object.fromEntries(new FormData(form, event.submitter));
  if (form.dataset.do) {
    event.preventDefault();
    act(form.dataset.do, fields, form);
  } else if (form.dataset.look !== undefined) {
    event.preventDefault();
    const asked = query();
    for (const [name, value] of Object.entries(fields)) value ? asked.set(name, value) : asked.delete(name);
    asked.delete("page");
    go(`${location.pathname}?${asked}`);
  }
});

document.addEventListener("change", (event) => {
  if (event.target.id === "issue") go(issueUrl(event.target.value));
  else if (event.target === single) keep("keys", single.checked ? "on" : "off");
  else if (event.target.matches("select") && event.target.form?.dataset.look !== undefined) event.target.form.requestSubmit();
});

/* Keys */

const single = document.getElementById("single-keys");
single.checked = root.dataset.keys !== "off";

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    UI.palette();
  }
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === "Escape") leave();
  else if (event.target.closest("[role=separator]") && event.key.startsWith("Arrow")) widen(event);
  else if (event.target.closest(".tabs, .segments") && event.key.startsWith("Arrow")) along(event);
  else if (single.checked && event.key.length === 1 && !event.target.closest("input, select, textarea, [contenteditable]")) {
    if (busy && !"/?".includes(event.key)) pressed.push(event.key); // what is typed next belongs to the dialog
    else if (byKey(event.key)) press(event.key);
    else return;
    event.preventDefault();
  }
});

function press(key) {
  byKey(key)?.click();
  if (!busy && pressed.length) press(pressed.shift());
}

document.addEventListener("fullscreenchange", () => document.fullscreenElement || root.removeAttribute("data-alone"));

function leave() {
  if (document.fullscreenElement) document.exitFullscreen();
  root.removeAttribute("data-alone");
  shut();
  document.activeElement?.blur();
}

function along(event) {
  const all = [...event.target.closest("nav").querySelectorAll("a")];
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
  all[(all.indexOf(event.target) + by + all.length) % all.length].focus();
}

/* A frame without scripts cannot pass keys on: a click in the mail leaves them with the page, and who went in by Tab leaves by Tab. */
let tabbed = 0;
document.addEventListener("keydown", (event) => event.key === "Tab" && (tabbed = event.timeStamp), true);
window.addEventListener("blur", () =>
  setTimeout(() => {
    const frame = document.activeElement;
    if (frame?.tagName !== "IFRAME") return;
    if (performance.now() - tabbed > TABBED_MS) frame.closest(".screen").focus({ preventScroll: true });
    else say("the mail has the keyboard; Tab or a click beside it gives it back");
  }),
);

/* Panes */

function widen(event) {
  const by = { ArrowLeft: -24, ArrowRight: 24 }[event.key] ?? 0;
  const grip = event.target;
  resize(grip, paneOf(grip).offsetWidth + (grip.dataset.grip === "left" ? by : -by));
}

const paneOf = (grip) => document.querySelector(`.pane.${grip.dataset.grip}`);

function resize(grip, width) {
  const wide = Math.round(Math.min(640, Math.max(0, width < 120 ? 0 : width)));
  root.style.setProperty(`--${grip.dataset.grip}`, `${wide}px`);
  grip.setAttribute("aria-valuenow", wide);
  keep(grip.dataset.grip, wide);
}

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest?.(".grip");
  if (!grip) return;
  grip.setPointerCapture(event.pointerId);
  const [start, wide] = [event.clientX, paneOf(grip).offsetWidth];
  const move = (to) => resize(grip, wide + (to.clientX - start) * (grip.dataset.grip === "left" ? 1 : -1));
  grip.addEventListener("pointermove", move);
  grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", move), { once: true });
});

/* Live reload */

function listen() {
  stream?.close();
  stream = new EventSource(`/events?at=${encodeURIComponent(here())}`);
  const opened = here();
  const when = (name, act) => stream.addEventListener(name, (event) => act(JSON.parse(event.data)));
  when("hello", (told) => {
    streamName = told.stream;
    if (told.generation !== shown || opened !== here()) show();
  });
  when("coming", (told) => busy || begin(told.coming));
  when("picture", (told) => show({ saved: told.saved_ms, names: told.names, moved: told.moved }, told));
  when("changed", (told) => show({ saved: told.saved_ms, names: told.names }));
  when("pointed", (told) => {
    const url = new URL(location.href);
    url.searchParams.set("finding", `line:${told.line}`);
    aimed = "";
    go(url).then(() => say("e opens the line in your editor"));
  });
  stream.addEventListener("error", () => {
    if (stream?.readyState === EventSource.CLOSED) say("the preview has ended; start it again in the terminal", true);
  });
}

/* A browser keeps six connections to one host: hidden pages give theirs back. */
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else if (!stream) listen();
});

window.addEventListener("popstate", () => show());

reveal(document);
settle();
if (!document.hidden) listen();
