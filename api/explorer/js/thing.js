/** What the pages of one thing share: its facts, its contrasts, and how the page is asked for. */

import { href } from "./address.js";
import { ask, AskError } from "./ask.js";
import { SPECIES } from "./declared.js";
import { el, focusOn } from "./dom.js";
import { curationsList } from "./evidence.js";
import { count } from "./format.js";
import { table } from "./table.js";

export const species = (taxon) => SPECIES[taxon] ?? taxon;
export const link = (view, thing, name) => el("a", { href: href({ view, id: thing.curie }) }, name);
export const number = (head, value, show) => ({ head, value, show: (row) => show(value(row)), number: true });

/** Said wherever a contrast stands whose test took cells as replicates. */
export const cellLevel = (yes) => yes && el("span", { class: "sub" }, "cell-level test: cells are not replicates, so its p-values are far too small");

export const facts = (pairs) =>
  el("dl", { class: "facts" }, pairs.filter(([, value]) => value && value.length !== 0).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, Array.isArray(value) ? value.join(", ") : value))));

/** Names with links between commas. */
export const names = (nodes) => el("span", {}, nodes.map((node, at) => [at ? ", " : "", node]));

export const cut = (connection) => (connection.totalCount > connection.nodes.length ? `The first ${connection.nodes.length} of ${count(connection.totalCount)} are shown.` : null);

/** A part of a page that has nothing, and why. */
export const nothing = (title, why) => el("section", { class: "block" }, el("h2", {}, title), el("p", { class: "note" }, why));

/** What was said of the mappings that it is an end of. */
export const judged = (thing) => thing.curations.length > 0 && curationsList({ found: thing.curations }, "h2");

/** What a contrast is of, with the way to its verdicts. */
export function of(contrast) {
  if (contrast.model) return el("a", { href: href({ model: contrast.model.label }) }, `verdicts of ${contrast.model.label}`);
  if (contrast.state) return contrast.state.disease ? el("a", { href: href({ disease: contrast.state.disease.curie }) }, contrast.state.label) : contrast.state.label;
  return contrast.kind;
}

export const contrastColumns = [
  { head: "contrast", value: (c) => c.label, show: (c) => [link("contrast", c, c.label), cellLevel(c.replicate === "cell")], main: true },
  { head: "species", value: (c) => species(c.taxon) },
  { head: "of", value: (c) => c.model?.label ?? c.state?.label ?? c.kind, show: of, wide: true },
  { head: "material", value: (c) => c.material, wide: true },
  number("case", (c) => c.nCase || null, count),
  number("control", (c) => c.nControl || null, count),
  { head: "noise from", value: (c) => c.noise },
];

export function contrastTable(connection, title) {
  if (!connection.nodes.length) return nothing(title, "No contrast in the graph was measured in it.");
  return table({ name: title, title, level: "h2", note: cut(connection), columns: contrastColumns, rows: connection.nodes });
}

/** A view of one thing. `field`: of the answer; `draw(found, id)`: its parts. */
export const page = (document, field, name, draw) => ({
  title: (state) => `${name} ${state.id ?? ""}`,
  async view(root, state, before, still) {
    root.replaceChildren(el("p", { class: "wait", "aria-busy": "true" }, "Asking…"));
    const data = await ask(document, { id: state.id ?? "" });
    if (!still()) return;
    const found = data[field];
    if (!found) throw data.problems[0] ?? new AskError(`There is no ${name.toLowerCase()} ${state.id}.`, "UNKNOWN_TERM");
    root.replaceChildren(
      el("div", { class: "question" }, el("p", { class: "sub" }, el("a", { href: href({ view: "search" }) }, "Search"), ` / ${name}`),
        el("h1", {}, found.symbol || found.label || found.title || found.curie)),
      el("div", { class: "stack" }, draw(found)),
    );
    if (before?.view === state.view && before.id !== state.id) focusOn(root.querySelector("h1")); // from one thing to another of its kind
  },
});
