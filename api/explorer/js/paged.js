/** A list by page: its first rows are seen, the next ones on request, and all of them leave as TSV. */

import { AskError } from "./ask.js";
import { el, say } from "./dom.js";
import { count } from "./format.js";
import { line, table } from "./table.js";
import { download } from "./tsv.js";

/**
 * `found`: the first page { totalCount, nodes, pageInfo }; `next(cursor)`: asks for the page after it. `unit`: what its rows are, in the plural.
 * The rest is as `table` takes it.
 */
export function pagedTable({ found, next, unit, name, columns, note, ...spec }) {
  const rows = [...found.nodes];
  let { pageInfo } = found;
  const total = found.totalCount;
  if (!pageInfo.hasNextPage) return table({ name, columns, note, rows, ...spec });

  async function further() {
    const page = await next(pageInfo.endCursor);
    rows.push(...page.nodes);
    pageInfo = page.pageInfo;
  }

  const made = table({ name, columns, note, rows, button: null, ...spec });
  const body = made.querySelector("tbody");
  const seen = el("span", { class: "note" });
  const trouble = el("span", { class: "note", role: "alert" });
  const more = el("button", { type: "button", class: "quiet", on: { click: () => working(show) } }, "Show more");
  const whole = el("button", { type: "button", class: "quiet", on: { click: () => working(save) } }, `All ${count(total)} ${unit}, TSV ↓`);

  function told() {
    const n = body.rows.length;
    seen.textContent = n < total ? `${count(n)} of ${count(total)} are shown. ` : `All ${count(total)} are shown. `;
    more.hidden = n >= rows.length && !pageInfo.hasNextPage;
  }

  async function show() {
    if (body.rows.length >= rows.length) await further();
    body.append(...rows.slice(body.rows.length).map((row) => line(columns, row)));
    told();
    say(seen.textContent);
  }

  async function save() {
    while (pageInfo.hasNextPage) await further();
    const heads = columns.filter((column) => column.value);
    download(name, heads.map((c) => c.head), rows.map((row) => heads.map((c) => c.value(row))));
    say(`Downloaded all ${count(total)} ${unit} as TSV`);
  }

  async function working(act) {
    more.disabled = whole.disabled = true;
    trouble.textContent = "";
    try {
      await act();
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      trouble.textContent = error.message;
    } finally {
      more.disabled = whole.disabled = false;
    }
  }

  told();
  made.append(el("div", { class: "pages" }, seen, more, whole, trouble));
  return made;
}
