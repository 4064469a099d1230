/*
 * Screens: mails in frames that are replaced without a flicker and without losing the place, and that scroll together.
 *
 * A spare frame loads the new mail behind the one that is seen and takes its place. The spare is new for each mail, for used frames load slower
 * (measured: 73 ms for both screens, against 90); but it is laid out before it loads, for a frame that does not know its width yet would say a wrong
 * height. Until it has said one, the screen is held as tall as it was.
 */

const TIED_MS = 80; // a scroll we caused ourselves is over after this
const HOLD_MS = 1000; // a frame of a busy browser has said its height by then
const SPARES = 3; // screens that get a spare beforehand; a sheet of many would cost too much memory
const holds = new WeakMap();

export const later = window.requestIdleCallback ?? ((act) => setTimeout(act, 100));

/* The screen that is looked at comes first: two that load at once each take as long as both. */
export function foremost(screens) {
  const inView = ({ top, bottom, width }) => width && top < innerHeight && bottom > 0;
  return screens.find((screen) => inView(screen.getBoundingClientRect())) ?? screens[0];
}

/* A save was noticed: let the spare frame begin, while the server draws what it will show. */
export function begin(name) {
  const screen = foremost([...document.querySelectorAll(".screen")]);
  if (!name || !screen) return;
  const frame = fresh(screen);
  frame.dataset.coming = name;
  frame.ready = new Promise((done) => (frame.onload = () => frame.hasAttribute("src") && done()));
  frame.getBoundingClientRect();
  frame.src = `/frame/${name}?${screen.dataset.screen}`;
}

const waiting = (screen) => screen.querySelector("iframe.coming");
const address = (frame) => frame.dataset.shows ?? frame.getAttribute("src");

export function turn(screen, next, name) {
  const seen = screen.querySelector("iframe:not(.coming)");
  const frame = next.querySelector("iframe");
  screen.className = next.className;
  screen.setAttribute("aria-label", next.getAttribute("aria-label"));
  seen.title = frame.title;
  if (address(seen) === address(frame)) return Promise.resolve();
  const there = waiting(screen);
  const early = name && there?.dataset.coming === name;
  const coming = early ? there : fresh(screen);
  coming.title = frame.title;
  const turned = new Promise((done) => {
    const put = () => {
      const top = screen.scrollTop;
      screen.style.setProperty("--held", `${seen.offsetHeight}px`);
      seen.remove();
      coming.classList.remove("coming");
      coming.inert = false;
      screen.scrollTop = top;
      done();
      clearTimeout(holds.get(screen));
      holds.set(screen, setTimeout(() => screen.style.removeProperty("--held"), HOLD_MS));
      later(prepare);
    };
    if (early) {
      coming.dataset.shows = address(frame);
      coming.ready.then(put);
      return;
    }
    coming.onload = () => coming.hasAttribute("src") && put(); // not its empty beginning
    coming.getBoundingClientRect();
    coming.src = address(frame);
  });
  return screen.inert ? undefined : turned; // a sheet of small pictures fills in by and by
}

/* A spare that nothing was loaded into yet. */
function fresh(screen) {
  if (waiting(screen)?.hasAttribute("src")) waiting(screen).remove();
  return spare(screen);
}

function spare(screen) {
  if (waiting(screen)) return waiting(screen); // perhaps loading
  const frame = screen.querySelector("iframe").cloneNode();
  for (const name of ["src", "data-shows", "data-coming"]) frame.removeAttribute(name);
  if (!screen.inert) frame.removeAttribute("loading"); // its top may be far from what is seen
  frame.classList.add("coming");
  frame.inert = true;
  screen.append(frame);
  return frame;
}

/* A spare frame for each screen, once there is time for it. */
export function prepare() {
  const screens = document.querySelectorAll(".screen");
  if (screens.length <= SPARES) later(() => screens.forEach((screen) => screen.isConnected && spare(screen)));
}

/* Screens side by side scroll together, by share of their height. */
let leader = null;
let timer = 0;

document.addEventListener(
  "scroll",
  ({ target: screen }) => {
    if (!screen.matches?.(".devices .screen") || (leader && leader !== screen)) return;
    leader = screen;
    clearTimeout(timer);
    timer = setTimeout(() => (leader = null), TIED_MS);
    const share = screen.scrollTop / Math.max(1, screen.scrollHeight - screen.clientHeight);
    for (const other of screen.closest(".devices").querySelectorAll(".screen"))
      if (other !== screen) other.scrollTop = share * (other.scrollHeight - other.clientHeight);
  },
  { passive: true, capture: true },
);
