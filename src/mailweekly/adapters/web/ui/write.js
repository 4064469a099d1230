/*
 * Opt-in editing. The words are the textarea's; what the file said when they were begun is its default value, and goes along with them, so that nobody
 * else's change is overwritten. Words that are not saved stay in this tab until they are.
 */

import { post } from "./studio.js";

const field = () => document.querySelector(".write textarea");

export function start(form) {
  const text = form.elements.words;
  const key = `mailweekly-draft-${form.dataset.issue}`;
  const note = form.querySelector("[data-unsaved]");
  const tell = () => {
    const dirty = text.value !== text.defaultValue;
    note.textContent = dirty ? "Not saved" : "";
    dirty ? sessionStorage.setItem(key, JSON.stringify([text.defaultValue, text.value])) : sessionStorage.removeItem(key);
  };
  const kept = sessionStorage.getItem(key);
  if (kept && text.value === text.defaultValue) [text.defaultValue, text.value] = JSON.parse(kept);
  text.oninput = tell;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const [was, words] = [text.defaultValue, text.value];
    const told = await post("save", { was, words, issue: Number(form.dataset.issue) });
    if (!told.failed) text.defaultValue = words;
    tell();
    if (told.failed) note.textContent = `Not saved: ${told.words}`;
  };
  form.elements.revert.onclick = () => {
    sessionStorage.removeItem(key);
    text.value = text.defaultValue;
    location.reload();
  };
  tell();
}

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s" || !field()) return;
  event.preventDefault();
  field().form.requestSubmit();
});
window.addEventListener("beforeunload", (event) => field() && field().value !== field().defaultValue && event.preventDefault());
