/** Elements. What the server sends enters here as text and never as markup. */

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name === "vars") for (const [key, each] of Object.entries(value)) node.style.setProperty(key, each);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** `props`: attributes; `on`: listeners; `vars`: style properties. Children are nodes or text. */
export const el = (tag, props, ...children) => fill(document.createElement(tag), props, children);

export const svg = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);

let count = 0;

/** An id that no other element has. */
export const fresh = (stem) => `${stem}-${++count}`;

/** Says `text` to a screen reader without moving the focus. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

/** Draws `root` again; who was at a field of it is at the same field afterwards. */
export function redraw(root, ...nodes) {
  const id = root.contains(document.activeElement) ? document.activeElement.id : "";
  root.replaceChildren(...nodes);
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
}

export function focusOn(node) {
  if (!node.hasAttribute("tabindex")) node.setAttribute("tabindex", "-1");
  node.focus({ preventScroll: true });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  node.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
}
