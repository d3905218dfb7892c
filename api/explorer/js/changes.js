/** Which features change alike on both sides. */

import { href } from "./address.js";
import { ask } from "./ask.js";
import { FEATURES } from "./documents.js";
import { el, say } from "./dom.js";
import { takesPart } from "./evidence.js";
import { chance, many, score } from "./format.js";
import { table } from "./table.js";
import { download } from "./tsv.js";

/** Level -> the view of one feature of it. */
const PAGES = { gene: "gene", regulon: "regulon" };

const arrow = (change) => el("span", { class: `way ${change.direction}` }, change.direction === "up" ? "▲ up" : "▼ down");

const columns = (unit, others, link) => [
  { head: unit, value: (c) => c.label, show: (c) => (link ? el("a", { href: link(c) }, c.label) : c.label), main: true },
  { head: "id", value: (c) => c.feature, show: (c) => el("span", { class: "id" }, c.feature) },
  { head: "direction", value: (c) => c.direction, show: arrow },
  { head: "z, model", value: (c) => c.zModel, show: (c) => score(c.zModel), number: true },
  { head: "z, human", value: (c) => c.zHuman, show: (c) => score(c.zHuman), number: true },
  { head: "q", value: (c) => c.q, show: (c) => chance(c.q), number: true },
  {
    head: "left given",
    value: (c) => `${c.leftGiven.length} of ${others}`,
    show: (c) => (others ? `${c.leftGiven.length} of ${others} states` : "no state takes part"),
    number: true,
  },
  ...(unit === "gene" ? [] : [{ head: "carried by", value: (c) => c.leading.join(", "), wide: true }]),
];

/** A file of all features, also those that do not change alike; of a match that the graph holds. */
function allFeatures(match) {
  const unit = match.matchLevel;
  const button = el("button", { type: "button", class: "quiet", on: { click: save } }, `All ${many(match.nFeatures, unit)}, TSV ↓`);
  const note = el("span", { class: "note", role: "status" });
  async function save() {
    button.disabled = true;
    note.textContent = " …";
    try {
      const { match: found } = await ask(FEATURES, { id: match.curie });
      const columns = found?.featureColumns;
      if (columns) {
        const rows = columns.values[0].map((_, row) => columns.values.map((column) => column[row]));
        download(`${unit}s of ${match.curie}`, columns.names, rows);
        say(`Downloaded all ${unit}s as TSV`);
      }
      note.textContent = columns ? "" : " The graph does not hold this match: it was computed for this page.";
    } catch (error) {
      note.textContent = ` ${error.message}`;
    }
    button.disabled = false;
  }
  return el("p", {}, button, note);
}

/** The changes that lead a match; a regulon whose factor is not measured in the tissue stands apart. */
export function changesTable(match) {
  const unit = match.matchLevel;
  const here = match.changes.filter((change) => change.measured);
  const apart = match.changes.filter((change) => !change.measured);
  if (!match.changes.length) return el("div", {}, el("p", { class: "note" }, `No ${unit} changes alike on both sides at FDR .05.`), allFeatures(match));
  const cut = match.nChanges > match.changes.length ? ` The ${match.changes.length} most certain are listed.` : "";
  const link = PAGES[unit] ? (c) => href({ view: PAGES[unit], id: c.feature }) : null;
  return el(
    "div",
    {},
    table({
      name: `${unit}s that change alike`,
      title: `${many(match.nChanges, unit)} that change alike`,
      note: `On both sides, in one direction, at FDR .05, ranked by p. z: centred effect over its own noise.${cut} ${match.changesNote ? `${match.changesNote[0].toUpperCase()}${match.changesNote.slice(1)}.` : ""}`,
      columns: columns(unit, match.given.filter(takesPart).length, link),
      rows: here,
    }),
    allFeatures(match),
    apart.length > 0 && el("p", { class: "note" }, `Factor not measured in the tissue, so listed apart: `, apart.map((c, at) => [at ? ", " : "", link ? el("a", { href: link(c) }, c.label) : c.label]), "."),
  );
}

/** Transcription factors of the same pair, at regulon level. */
export function factorsTable(match, regulon) {
  const address = href({ ...Object.fromEntries(new URLSearchParams(location.search)), level: "regulon", match: regulon.curie });
  const here = regulon.changes.filter((change) => change.measured);
  const note = el("span", {}, `Regulon level of the same pair: ${regulon.status}, q ${chance(regulon.q)}. `, el("a", { href: address }, "Open it"));
  if (!here.length) return el("section", { class: "block" }, el("h3", {}, "Transcription factors"), el("p", { class: "note" }, "No measured factor's regulon changes alike. ", note));
  return table({
    name: "transcription factors",
    title: "Transcription factors whose regulons change alike",
    note,
    columns: columns("factor", match.given.filter(takesPart).length, (c) => href({ view: "regulon", id: c.feature })),
    rows: here,
  });
}
