/*
 * The live half of the preview. The server draws every page whole; this module only replaces what has changed in it, tells the keys apart and keeps
 * the scroll. Without it everything but live reload still works.
 *
 * Zones: elements marked data-zone, the same in the page that is open and in the one fetched anew. Frames are loaded beside the one that is seen and
 * put in its place when they are ready, so that nothing flickers.
 */

const TIED_MS = 80; // a scroll we caused ourselves is over after this
const KEYS = ["1", "2", "3", "d", "j", "k", "r", "?"];
const HOLD_MS = 1000; // a frame of a busy browser has said its height by then
const PLAUSIBLE_MS = 20000; // a save longer ago than this was not what we show

const later = window.requestIdleCallback ?? ((act) => setTimeout(act, 100));
const policy = window.trustedTypes?.createPolicy("mailweekly", { createHTML: (text) => text });
const byKey = (key) => document.querySelector(`[data-key="${CSS.escape(key)}"]`);
const zone = (root, name) => root.querySelector(`[data-zone="${name}"]`);

let shown = Number(document.documentElement.dataset.generation);
let busy = false; // a picture is on its way
let waiting = null; // what to show after it; only the newest
let checked = 0; // findings asked for so far: an answer that is not the newest is dropped
const pressed = []; // keys meanwhile: their buttons lead on from what is not shown yet

/* ---------------------------------------------------------------- fetching */

async function page(url, headers) {
  const answer = await fetch(url, { headers, credentials: "same-origin" });
  if (!answer.headers.get("content-type")?.startsWith("text/html")) throw new Error(`status ${answer.status}`);
  const text = await answer.text();
  const fresh = new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "text/html");
  reveal(fresh);
  return fresh;
}

async function show(url, why = {}) {
  if (busy) {
    waiting = [url, why];
    return;
  }
  busy = true;
  let picture = null;
  try {
    picture = await page(url, { "X-Mailweekly-Part": "picture", ...(why.again && { "X-Mailweekly-Again": "1" }) });
    await replace(picture);
  } catch (error) {
    say(`the preview does not answer (${error.message}); start it again in the terminal`);
  }
  busy = false;
  if (waiting) {
    const next = waiting;
    waiting = null;
    show(...next);
  } else if (pressed.length) press(pressed.shift());
  else if (picture) check(url, picture, why.saved ? Date.now() - why.saved : 0, why.names ?? []);
}

/* Findings come after the picture, so that they never hold it up. */
async function check(url, picture, sinceSave, names) {
  const turn = ++checked;
  const whole = await page(url, {}).catch(() => null);
  if (!whole || turn !== checked || busy) return;
  const found = whole.documentElement.dataset.broken !== undefined ? -1 : whole.querySelectorAll('[data-zone="findings"] li').length;
  for (const name of ["counts", "findings"]) renew(name, whole);
  tell(picture, found, sinceSave, names);
}

function tell(picture, found, sinceSave, names) {
  const parts = [zone(picture, "status")?.textContent ?? ""];
  if (sinceSave > 0 && sinceSave < PLAUSIBLE_MS) parts.push(`seen ${sinceSave} ms after the save of ${names.join(", ")}`);
  if (found >= 0) parts.push(`${found} ${found === 1 ? "finding" : "findings"}`);
  say(parts.filter(Boolean).join(", "));
}

function say(words) {
  const status = document.getElementById("status");
  if (status.textContent !== words) status.textContent = words;
}

/* --------------------------------------------------------------- replacing */

function renew(name, from) {
  const now = zone(document, name);
  const next = zone(from, name);
  if (!now || !next || now.innerHTML === next.innerHTML) return;
  const held = now.contains(document.activeElement) ? document.activeElement : null;
  const again = held && (held.id ? `#${CSS.escape(held.id)}` : held.dataset.key && `[data-key="${CSS.escape(held.dataset.key)}"]`);
  now.replaceChildren(...next.childNodes);
  if (again) now.querySelector(again)?.focus();
}

async function replace(next) {
  document.title = next.title;
  for (const name of ["bar", "tools", "banner"]) {
    const counts = name === "bar" && [...(zone(document, "counts")?.childNodes ?? [])];
    if (name === "bar") zone(next, "counts")?.replaceChildren(...counts.map((node) => node.cloneNode(true)));
    renew(name, next);
  }
  const now = zone(document, "view");
  const view = zone(next, "view");
  const sameFrames = now.dataset.shown === view.dataset.shown && now.querySelector("iframe") && view.querySelector("iframe");
  if (sameFrames) {
    const before = [...now.querySelectorAll(".screen")];
    const after = [...view.querySelectorAll(".screen")];
    await Promise.all(before.map((screen, at) => turn(screen, after[at])));
    now.className = view.className;
    renewHeadings(now, view);
  } else if (now.dataset.shown !== view.dataset.shown || now.innerHTML !== view.innerHTML) {
    now.replaceWith(view);
    if (now.dataset.shown !== view.dataset.shown) document.getElementById("view").scrollTop = 0;
    tie();
    prepare();
  } else {
    now.className = view.className;
  }
  shown = Number(next.documentElement.dataset.generation);
  document.documentElement.dataset.generation = shown;
  for (const frame of document.querySelectorAll("iframe")) frame.dataset.generation = shown;
  aim();
}

function renewHeadings(now, view) {
  const headings = view.querySelectorAll("h2");
  now.querySelectorAll("h2").forEach((heading, at) => heading.replaceChildren(...headings[at].childNodes));
}

/*
 * Show another mail on this screen without a flicker and without losing the place: a spare frame loads it behind the one that is seen and takes its
 * place. The spare is new for each mail, for used frames load slower (measured: 73 ms for both screens, against 90); but it is laid out before it
 * loads, for a frame that does not know its width yet would say a wrong height. Until it has said one, the screen is held as tall as it was.
 */
const holds = new WeakMap();

function turn(screen, next) {
  const seen = screen.querySelector("iframe:not(.coming)");
  const frame = next.querySelector("iframe");
  screen.className = next.className;
  seen.title = frame.title;
  if (seen.getAttribute("src") === frame.getAttribute("src")) return Promise.resolve();
  const coming = spare(screen);
  coming.title = frame.title;
  return new Promise((done) => {
    coming.onload = () => {
      if (!coming.hasAttribute("src")) return; // its empty beginning
      const top = screen.scrollTop;
      screen.style.setProperty("--held", `${seen.offsetHeight}px`);
      seen.remove();
      coming.classList.remove("coming");
      coming.inert = false;
      screen.scrollTop = top;
      done();
      clearTimeout(holds.get(screen));
      holds.set(screen, setTimeout(() => screen.style.removeProperty("--held"), HOLD_MS));
      later(() => spare(screen));
    };
    coming.getBoundingClientRect();
    coming.src = frame.getAttribute("src");
  });
}

function spare(screen) {
  const there = screen.querySelector("iframe.coming");
  if (there) return there; // perhaps loading
  const frame = screen.querySelector("iframe").cloneNode();
  frame.removeAttribute("src");
  frame.removeAttribute("loading"); // its top may be far from what is seen
  frame.classList.add("coming");
  frame.inert = true;
  screen.append(frame);
  return frame;
}

/* ---------------------------------------------------- what the page can do */

function reveal(root) {
  for (const element of root.querySelectorAll("[data-script]")) element.hidden = false;
  for (const element of root.querySelectorAll("[data-without-script]")) element.hidden = true;
}

/* A spare frame for each screen, once there is time for it. */
function prepare() {
  later(() => document.querySelectorAll(".screen").forEach(spare));
}

/* Desktop and phone scroll together, by share of their height. */
function tie() {
  const screens = [...document.querySelectorAll(".screen")];
  let leader = null;
  let timer = 0;
  for (const screen of screens) {
    screen.addEventListener(
      "scroll",
      () => {
        if (leader && leader !== screen) return;
        leader = screen;
        clearTimeout(timer);
        timer = setTimeout(() => (leader = null), TIED_MS);
        const share = screen.scrollTop / Math.max(1, screen.scrollHeight - screen.clientHeight);
        for (const other of screens)
          if (other !== screen) other.scrollTop = share * (other.scrollHeight - other.clientHeight);
      },
      { passive: true },
    );
  }
}

/* The line of the source that the address names. */
function aim() {
  document.querySelector(".aimed")?.classList.remove("aimed");
  const line = location.hash.startsWith("#L") && document.getElementById(location.hash.slice(1));
  if (!line) return;
  line.classList.add("aimed");
  line.scrollIntoView({ block: "center" });
}

function go(url) {
  if (url !== location.pathname + location.search + location.hash) history.pushState(null, "", url);
  return show(location.pathname + location.search);
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("a, button");
  if (!target || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (target.dataset.again !== undefined) show(location.pathname + location.search, { again: true });
  else if (target.dataset.keys !== undefined) document.getElementById("keys").showModal();
  else if (target.matches("a[href^='/']:not([target])")) {
    event.preventDefault();
    go(target.getAttribute("href"));
  }
});

document.addEventListener("change", (event) => {
  if (event.target.id !== "issue") return;
  const query = new URLSearchParams(location.search);
  go(`/${event.target.value}${query.size ? `?${query}` : ""}`);
});

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (document.querySelector("dialog[open]")) return;
  if (!KEYS.includes(event.key)) return;
  event.preventDefault();
  if (busy) pressed.push(event.key);
  else press(event.key);
});

function press(key) {
  byKey(key)?.click();
  if (!busy && pressed.length) press(pressed.shift());
}

/* A frame without scripts cannot pass keys on: when it takes the focus, say how to get it back. */
window.addEventListener("blur", () => {
  if (document.activeElement?.tagName === "IFRAME") say("the mail has the keyboard; click beside it to give it back");
});

window.addEventListener("popstate", () => show(location.pathname + location.search));

/* ------------------------------------------------------------- live reload */

let stream = null;

function listen() {
  stream?.close();
  stream = new EventSource("/events");
  stream.addEventListener("hello", (event) => {
    if (JSON.parse(event.data).generation !== shown) show(location.pathname + location.search);
  });
  stream.addEventListener("changed", (event) => {
    const { saved_ms: saved, names } = JSON.parse(event.data);
    show(location.pathname + location.search, { saved, names });
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) say("the preview has ended; start it again in the terminal");
  });
}

/* A browser keeps six connections to one host: hidden pages give theirs back. */
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else if (!stream) listen();
});

reveal(document);
tie();
prepare();
aim();
if (!document.hidden) listen();
