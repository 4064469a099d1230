// The archive's search: finds the files of the words asked for, and shows the issues that have all of them. Fetches nothing but what lies beside it.
const SHARDS = 64, BLOCK = 50, PAGE = 20, LONGEST = 40, MOST_WORDS = 12;
const WIDE = "\\u2e80-\\u2fdf\\u3005-\\u3007\\u3021-\\u3029\\u3040-\\u30ff\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\u{20000}-\\u{3ffff}\\u0e00-\\u0e7f";
const RUN = new RegExp(`[${WIDE}]+|[^${WIDE}]+`, "gu"), IS_WIDE = new RegExp(`^[${WIDE}]`, "u");
const form = document.querySelector(".find"), box = form.elements.q;
const said = document.getElementById("said"), list = document.getElementById("found");
const more = document.getElementById("more"), all = document.getElementById("issues");
const loaded = new Map();
let turn = 0, rest = [], words = [];

const folded = text => text.toLowerCase().normalize("NFKD").replace(/\p{Mn}/gu, mark => "\u3099\u309a".includes(mark) ? mark : "").normalize("NFC");

// What is asked for: {word, wide}; a word of letters finds those that begin with it, a pair of characters only itself.
function asked(text) {
  const found = new Map();
  for (const word of folded(text).match(/[\p{L}\p{N}]+/gu) || []) {
    for (const run of word.match(RUN)) {
      const letters = [...run];
      if (!IS_WIDE.test(run)) {
        if (letters.length <= LONGEST) found.set(run, false);
      } else if (letters.length === 1) {
        found.set(run, true);
      } else {
        for (let at = 0; at + 1 < letters.length; at++) found.set(letters[at] + letters[at + 1], true);
      }
    }
  }
  return [...found].slice(0, MOST_WORDS).map(([word, wide]) => ({ word, wide }));
}

function shard(word) {
  const [first, second] = [...word];
  return (first.codePointAt(0) * 31 + (second ? second.codePointAt(0) : 0)) % SHARDS;
}

function file(name) {
  if (!loaded.has(name)) {
    const coming = fetch(new URL(name, import.meta.url)).then(answer => {
      if (!answer.ok) throw new Error(name);
      return answer.json();
    });
    coming.catch(() => loaded.delete(name));
    loaded.set(name, coming);
  }
  return loaded.get(name);
}

// The issues that have a word: number -> 2 where a title has it, else 1.
async function having({ word, wide }) {
  const found = new Map(), posted = await file(`words-${shard(word)}.json`);
  const take = key => posted[key].forEach((numbers, kind) => {
    for (const number of numbers) found.set(number, Math.max(found.get(number) || 0, kind ? 1 : 2));
  });
  if (wide || [...word].length === 1) {
    if (Object.hasOwn(posted, word)) take(word);
  } else {
    for (const key of Object.keys(posted)) if (key.startsWith(word)) take(key);
  }
  return found;
}

async function search() {
  const mine = ++turn, query = box.value.trim();
  words = asked(query);
  history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
  if (!words.length) return rested();
  try {
    const late = setTimeout(() => { if (mine === turn) said.textContent = said.dataset.busy; }, 300);
    const maps = await Promise.all(words.map(having));
    clearTimeout(late);
    if (mine !== turn) return;
    const [first, ...others] = maps.sort((a, b) => a.size - b.size);
    rest = [...first.keys()].filter(number => others.every(map => map.has(number)))
      .map(number => [maps.reduce((sum, map) => sum + map.get(number), 0), number])
      .sort((a, b) => b[0] - a[0] || b[1] - a[1]).map(pair => pair[1]);
    const count = rest.length, form_of = count === 0 ? "none" : count === 1 ? "one" : "many";
    const shown = document.createDocumentFragment(), next = rest.splice(0, PAGE);
    for (const number of next) shown.append(await row(number));
    if (mine !== turn) return;
    said.textContent = said.dataset[form_of].replace("{count}", count.toLocaleString(document.documentElement.lang)).replace("{query}", () => query);
    list.replaceChildren(shown);
    all.hidden = count > 0;
    more.hidden = !rest.length;
  } catch {
    if (mine === turn) rested(said.dataset.broken);
  }
}

function rested(text = "") {
  said.textContent = text;
  list.replaceChildren();
  all.hidden = false;
  more.hidden = true;
}

function element(name, text, given = {}) {
  const made = document.createElement(name);
  made.append(...marked(text));
  for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
  return made;
}

// Text with the words asked for set apart.
function marked(text) {
  const spots = [], low = text.toLowerCase();
  for (const { word } of words) {
    for (let at = low.indexOf(word); at >= 0 && spots.length < 50; at = low.indexOf(word, at + 1)) spots.push([at, at + word.length]);
  }
  if (low.length !== text.length || !spots.length) return [text];
  spots.sort((a, b) => a[0] - b[0]);
  const parts = [];
  let end = 0, from = -1;
  for (const [start, stop] of [...spots, [Infinity, Infinity]]) {
    if (from >= 0 && start > end) {
      const mark = document.createElement("mark");
      mark.textContent = text.slice(from, end);
      parts.push(mark);
      from = -1;
    }
    if (start === Infinity) break;
    if (from < 0) {
      parts.push(text.slice(end, start));
      from = start;
    }
    end = Math.max(end, stop);
  }
  return [...parts, text.slice(end)];
}

async function row(number) {
  const issue = (await file(`issues-${Math.floor(number / BLOCK)}.json`))[number % BLOCK];
  const item = document.createElement("li");
  if (issue.number !== null) item.append(element("span", String(issue.number), { class: "d" }));
  const heading = document.createElement("h3");
  heading.className = "t";
  heading.dir = "auto";
  heading.append(element("a", issue.title, { href: issue.url }));
  item.append(heading);
  if (issue.dated) item.append(element("p", issue.dated, { class: "s" }));
  const hits = issue.entries.filter(entry => { const low = folded(entry); return words.some(({ word }) => low.includes(word)); });
  if (hits.length) {
    const inside = element("ul", "", { class: "hits" });
    for (const hit of hits.slice(0, 5)) inside.append(element("li", hit, { dir: "auto" }));
    item.append(inside);
  } else if (issue.summary) {
    item.append(element("p", issue.summary, { class: "sum", dir: "auto" }));
  }
  return item;
}

async function further() {
  const first = list.children.length;
  for (const number of rest.splice(0, PAGE)) list.append(await row(number));
  more.hidden = !rest.length;
  list.children[first]?.querySelector("a").focus();
}

let soon;
form.hidden = false;
said.textContent = "";
form.addEventListener("submit", event => { event.preventDefault(); search(); });
box.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(search, 150); });
more.addEventListener("click", () => further().catch(() => rested(said.dataset.broken)));
box.value = new URLSearchParams(location.search).get("q") || "";
if (box.value) search();
else box.focus({ preventScroll: true });
