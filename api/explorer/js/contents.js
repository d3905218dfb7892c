/** A list of the headings of a long panel, to go to each. */

import { el, focusOn, fresh } from "./dom.js";

const FEW = 3;

/** Fills `nav` with a link to each h3 of `panel`; fewer than three need none. */
export function contents(nav, panel) {
  const heads = [...panel.querySelectorAll("h3")];
  nav.hidden = heads.length < FEW;
  if (nav.hidden) return;
  const links = heads.map((head) => {
    head.id ||= fresh("part");
    const to = (event) => {
      event.preventDefault();
      focusOn(head);
    };
    return el("li", {}, el("a", { href: `#${head.id}`, on: { click: to } }, head.firstChild?.textContent ?? head.textContent));
  });
  nav.replaceChildren(el("ul", {}, links));
}
