/** A text to take along, with a button that copies it. */

import { el, say } from "./dom.js";

/** `prose`: its lines are wrapped. */
export function copyable(title, text, { level = "h3", prose = false } = {}) {
  const code = el("code", {}, text);
  const button = el("button", { type: "button", class: "quiet", "aria-label": `Copy ${title}` }, "Copy");
  button.addEventListener("click", async () => {
    const done = await copied(text, code);
    button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    say(done ? `${title} copied` : `${title} is selected, copy it by Control C`);
    setTimeout(() => (button.textContent = "Copy"), 2500);
  });
  return el(
    "section",
    { class: prose ? "block code prose" : "block code" },
    el("div", { class: "blockhead" }, el(level, {}, title), button),
    el("pre", { tabindex: "0", "aria-label": title }, code),
  );
}

async function copied(text, node) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(node);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return false;
  }
}
