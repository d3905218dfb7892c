/** What an answer does not know or does not show. */

import { el } from "./dom.js";
import { many } from "./format.js";
import { table } from "./table.js";

export function gaps(missing, withheld, open = false) {
  const rows = [...missing.map((gap) => ({ kind: "missing", ...gap })), ...withheld.map((gap) => ({ kind: "withheld", ...gap }))];
  if (!rows.length) return el("p", { class: "note" }, "Nothing is missing or withheld from this answer.");
  const columns = [
    { head: "kind", value: (r) => r.kind },
    { head: "what", value: (r) => r.what, main: true },
    { head: "why", value: (r) => r.why, wide: true },
    { head: "remedy", value: (r) => r.remedy, wide: true },
  ];
  return el(
    "details",
    { class: "gaps", open },
    el("summary", {}, `What this answer lacks: ${many(missing.length, "thing")} missing, ${withheld.length} withheld`),
    table({ name: "missing and withheld", caption: "Missing and withheld", columns, rows }),
  );
}
