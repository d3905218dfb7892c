/** One tooltip for all that carries `data-tip`; on hover and on focus; Escape hides it. */

import { el } from "./dom.js";

const box = el("div", { id: "tip", role: "tooltip", hidden: true });
let owner = null;

function showAt(node) {
  hide();
  owner = node;
  box.textContent = node.dataset.tip;
  box.hidden = false;
  node.setAttribute("aria-describedby", "tip");
  const place = node.getBoundingClientRect();
  const size = box.getBoundingClientRect();
  const left = Math.min(Math.max(8, place.left + place.width / 2 - size.width / 2), innerWidth - size.width - 8);
  const above = place.top - size.height - 8;
  box.style.setProperty("left", `${left}px`);
  box.style.setProperty("top", `${above > 8 ? above : place.bottom + 8}px`);
}

function hide() {
  owner?.removeAttribute("aria-describedby");
  owner = null;
  box.hidden = true;
}

export function startTips() {
  document.body.append(box);
  const carrier = (event) => event.target.closest?.("[data-tip]");
  document.addEventListener("mouseover", (event) => (carrier(event) ? showAt(carrier(event)) : hide()));
  document.addEventListener("focusin", (event) => (carrier(event) ? showAt(carrier(event)) : hide()));
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  // Focus by keyboard scrolls its place into sight: then the tip goes along.
  addEventListener("scroll", () => (owner && owner === document.activeElement ? showAt(owner) : hide()), { passive: true, capture: true });
}
