/** Correspondences of two species as a heat map: populations of one down, of the other across. Arrow keys move through it. */

import { el } from "./dom.js";
import { chance, count, many, score } from "./format.js";
import { tsvButton } from "./table.js";

const MARKS = { COUNTERPART: ["C", "counterparts"], NONE: ["", "no counterparts"], UNTESTABLE: ["U", "untestable"] };
const STEPS = [0.1, 0.3, 0.5, 0.75];

/** What is told of a pair on hover and focus, and to a screen reader. */
function told(row, column, pair) {
  if (!pair) return `${row.label} and ${column.label}: not among the pairs that were read`;
  const parts = [
    `${row.label} and ${column.label}: ${MARKS[pair.status]?.[1] ?? pair.status}`,
    `score ${score(pair.score)}, q ${chance(pair.q)} by permuted labels`,
    pair.qShuffled === null ? "shuffled gene embeddings: no control run" : `q ${chance(pair.qShuffled)} by shuffled gene embeddings`,
    pair.auroc === null ? "no AUROC" : `AUROC ${score(pair.auroc)} (${pair.aurocOf})`,
    pair.agrees === false ? "THE TWO SCORES DISAGREE" : pair.agrees ? "both scores agree" : "",
    pair.published ? `${pair.publishedBy}: ${pair.published}` : "",
  ];
  return parts.filter(Boolean).join("; ");
}

/** Columns in the order of the rows that they fit best, so that counterparts lie on the diagonal. */
function ordered(rows, columns) {
  const place = (column) => {
    const scores = rows.map((row) => row.found.get(column.curie)?.score ?? 0);
    const best = Math.max(...scores);
    return best > 0 ? scores.indexOf(best) : rows.length;
  };
  return columns.map((column) => [place(column), column]).sort((a, b) => a[0] - b[0] || (a[1].label < b[1].label ? -1 : 1)).map(([, column]) => column);
}

export function pairs(read, others, left, right, space) {
  const rows = read.nodes.map((row) => ({ ...row, found: new Map(row.correspondences.nodes.map((pair) => [pair.population.curie, pair])) }));
  const columns = ordered(rows, others);
  const all = rows.flatMap((row) => columns.map((column) => [row, column, row.found.get(column.curie)]));
  const called = all.filter(([, , pair]) => pair?.status === "COUNTERPART").length;
  const doubted = all.filter(([, , pair]) => pair?.agrees === false).length;
  const said = `${many(called, "pair")} of ${count(all.length)} are counterparts; the two scores disagree on ${doubted}. ${read.more ? "Not all rows are shown. " : ""}` +
    `Colour: share of cross-species neighbours that are of the other; below it MetaNeighbor's AUROC, computed on ${space.aurocOf}.`;
  const caption = `Correspondence of ${left} populations in rows and ${right} populations in columns`;
  let first = true;
  const cell = (row, column) => {
    const pair = row.found.get(column.curie);
    const made = el("td", {
      class: "pairing", "data-tip": told(row, column, pair), "data-state": pair?.status ?? "UNREAD", tabindex: first ? "0" : "-1",
      "data-step": pair && pair.status !== "UNTESTABLE" ? STEPS.filter((step) => (pair.score ?? 0) >= step).length : null,
    },
      el("span", { "aria-hidden": "true", class: "own" }, pair ? score(pair.score) : "–", pair?.status !== "NONE" && pair && el("b", {}, MARKS[pair.status]?.[0] ?? "")),
      el("span", { "aria-hidden": "true", class: "second" }, pair ? score(pair.auroc) : "", pair?.agrees === false && el("b", { class: "doubt" }, "≠")),
      el("span", { class: "unseen" }, told(row, column, pair)));
    first = false;
    return made;
  };
  const grid = el("table", { class: "pairings", role: "grid", "aria-label": caption, on: { keydown: move, focusin: rove } },
    el("thead", {}, el("tr", {}, el("td", { class: "corner" }, `${left} \\ ${right}`), columns.map((column) => el("th", { scope: "col" }, el("span", {}, column.label))))),
    el("tbody", {}, rows.map((row) => el("tr", {}, el("th", { scope: "row" }, row.label), columns.map((column) => cell(row, column))))));
  const plain = ([row, column, pair]) => [row.label, row.taxon, column.label, column.taxon, pair?.status ?? "", pair?.score ?? "", pair?.q ?? "", pair?.qShuffled ?? "", pair?.auroc ?? "", pair?.agrees ?? "", pair?.published ?? ""];
  return el("section", { class: "block" },
    el("div", { class: "blockhead" }, el("h2", {}, `Which populations of ${left} and ${right} correspond`),
      tsvButton("correspondences", ["row", "row_species", "column", "column_species", "status", "score", "q_labels", "q_shuffled", "auroc", "scores_agree", "published"], () => all.map(plain))),
    el("p", { class: "note" }, said),
    el("div", { class: "scroll" }, grid),
    legend());
}

const legend = () =>
  el("ul", { class: "scale", "aria-label": "Legend of the heat map" },
    [["0", "below .1"], ["1", ".1 to .3"], ["2", ".3 to .5"], ["3", ".5 to .75"], ["4", ".75 and above"]].map(([step, name]) => el("li", {}, el("span", { class: "swatch", "data-step": step }), name)),
    el("li", {}, el("b", {}, "C"), " counterparts: each other's best, at FDR .05 by every null available"),
    el("li", {}, el("span", { class: "swatch", "data-state": "UNTESTABLE" }), el("b", {}, "U"), " untestable: too few cells"),
    el("li", {}, el("b", {}, "≠"), " the two scores disagree"));

/** One cell at a time can be tabbed to; arrow keys, Home and End move. */
function rove(event) {
  const cell = event.target.closest("td.pairing");
  if (!cell) return;
  for (const other of event.currentTarget.querySelectorAll('td[tabindex="0"]')) other.setAttribute("tabindex", "-1");
  cell.setAttribute("tabindex", "0");
}

function move(event) {
  const cell = event.target.closest("td.pairing");
  if (!cell) return;
  const line = cell.parentElement;
  const at = cell.cellIndex;
  const to = {
    ArrowRight: () => cell.nextElementSibling, ArrowLeft: () => cell.previousElementSibling,
    ArrowDown: () => line.nextElementSibling?.cells[at], ArrowUp: () => line.previousElementSibling?.cells[at],
    Home: () => line.cells[1], End: () => line.cells[line.cells.length - 1],
  }[event.key]?.();
  if (to?.matches("td.pairing")) to.focus();
  if (["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) event.preventDefault();
}
