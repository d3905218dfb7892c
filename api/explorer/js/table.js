/** Tables with their download. */

import { el, say } from "./dom.js";
import { download } from "./tsv.js";

export const tsvButton = (name, heads, rows) =>
  el(
    "button",
    {
      type: "button",
      class: "quiet",
      "aria-label": `Download TSV of ${name}`,
      on: {
        click: () => {
          download(name, heads, rows());
          say(`Downloaded ${name} as TSV`);
        },
      },
    },
    "TSV ↓",
  );

/**
 * `columns`: { head, value(row), show?(row), number?, main?, wide?, long?, tight?, drawn?, axis?, unseen? }: `value` goes to the TSV, `show` (text or node) to
 * the page; `main` names the row. A column without `value` is drawn only, one that is `unseen` goes to the TSV only; `all` goes to the
 * TSV where fewer `rows` are seen. `title` is seen, `caption` is for the ear. `button`: in place of the TSV's; null for none.
 */
export function table({ name, title, caption, columns, rows, all = rows, note, level = "h3", button }) {
  const told = columns.filter((column) => column.value);
  const head = el(
    "tr",
    {},
    seen(columns).map((c) => el("th", { scope: "col", class: kind(c) }, c.axis ? c.axis() : c.head)),
  );
  const body = rows.map((row) => line(columns, row));
  const taken = button === undefined ? tsvButton(name, told.map((c) => c.head), () => all.map((row) => told.map((c) => c.value(row)))) : button;
  return el(
    "section",
    { class: "block" },
    el(
      "div",
      { class: "blockhead" },
      title && el(level, {}, title),
      taken,
    ),
    note && el("p", { class: "note" }, note),
    el(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": caption ?? title },
      el("table", { class: "data" }, el("caption", { class: "unseen" }, caption ?? title), el("thead", {}, head), el("tbody", {}, body)),
    ),
  );
}

/** One row. */
export const line = (columns, row) =>
  el(
    "tr",
    { "data-row": true },
    seen(columns).map((c) =>
      el(c.main ? "th" : "td", { scope: c.main ? "row" : null, class: kind(c), "data-head": c.head }, shown(c, row)),
    ),
  );

const seen = (columns) => columns.filter((c) => !c.unseen);

const kind = (c) => [c.number && "number", c.main && "main", c.wide && "wide", c.long && "long", c.drawn && "drawn", c.tight && "tight"].filter(Boolean).join(" ");

function shown(column, row) {
  const made = column.show ? column.show(row) : column.value(row);
  return made === null || made === undefined || made === "" ? "–" : made;
}
