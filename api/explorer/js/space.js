/** A space that cells of several species share: its picture, and which populations correspond. */

import { SPECIES } from "./declared.js";
import { go, href, read } from "./address.js";
import { ask } from "./ask.js";
import { cloud } from "./cloud.js";
import { SPACE, SPACE_PAIRS, SPACES, SPECIES_NAME } from "./documents.js";
import { el, say } from "./dom.js";
import { count, many, row as words } from "./format.js";
import { pairs } from "./pairs.js";
import { table } from "./table.js";

const MOST_PAGES = 8;

export const title = (state) => (state.id ? `Species: ${state.id}` : "Species");

/** All pages of a list of populations, up to a bound; `more` says that it was reached. */
async function pages(document, variables) {
  const nodes = [];
  let after = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { embedding } = await ask(document, { ...variables, after });
    nodes.push(...embedding.populations.nodes);
    after = embedding.populations.pageInfo.endCursor;
    if (!embedding.populations.pageInfo.hasNextPage) return { embedding, nodes, more: false };
    if (page === MOST_PAGES - 1) return { embedding, nodes, more: true };
  }
}

async function named(taxa) {
  const rest = taxa.filter((taxon) => !SPECIES[taxon]);
  const found = await Promise.all(rest.map((id) => ask(SPECIES_NAME, { id }).then(({ species }) => species?.commonName || species?.label || id, () => id)));
  return { ...SPECIES, ...Object.fromEntries(rest.map((taxon, at) => [taxon, found[at]])) };
}

export async function view(root, state, before, still) {
  const moved = before?.view !== state.view || before?.id !== state.id;
  if (moved) root.replaceChildren(el("h1", {}, "Cells of several species"), el("p", { class: "wait", "aria-busy": "true" }, "Asking…"));
  const { embeddings } = await ask(SPACES);
  if (!still()) return;
  if (!embeddings.nodes.length) return root.replaceChildren(...nothing());
  const space = embeddings.nodes.find((each) => [each.label, each.curie].includes(state.id)) ?? embeddings.nodes[0];
  const names = await named(space.taxa);
  const [left, right] = sides(space.taxa, state);
  const [all, rows] = await Promise.all([
    pages(SPACE, { id: space.curie }),
    pages(SPACE_PAIRS, { id: space.curie, left, right }),
  ]);
  if (!still()) return;
  const found = all.embedding;
  const colour = state.colour === "type" ? "type" : "species";
  root.replaceChildren(
    el("div", { class: "question" },
      el("h1", {}, "Cells of several species"),
      el("p", { class: "lead" }, `Which populations of ${words(space.taxa.map((taxon) => names[taxon]))} correspond in one space, by measure and not by name.`)),
    form(embeddings.nodes, space, state, names, [left, right], colour),
    el("div", { class: "stack" },
      found.standIn && el("p", { class: "flags" }, `Gene embeddings are a stand-in: ${found.geneEmbedding}.`),
      cloud(all.nodes, names, colour),
      pairs(rows, all.nodes.filter((each) => each.taxon === right), names[left], names[right], found),
      populations(all, names),
      card(found)),
  );
  if (before && !moved) say(`${colour === "type" ? "Coloured by type" : "Coloured by species"}; rows ${names[left]}, columns ${names[right]}`);
}

/** Species of rows and columns: those of the address where they are two of the space. */
function sides(taxa, state) {
  const left = taxa.includes(state.rows) ? state.rows : taxa.find((taxon) => taxon === "NCBITaxon:10090" && taxon !== state.columns) ?? taxa.find((taxon) => taxon !== state.columns);
  const right = taxa.includes(state.columns) && state.columns !== left ? state.columns : taxa.find((taxon) => taxon !== left);
  return [left, right];
}

const choice = (id, label, options, chosen, act) =>
  el("div", { class: "field" }, el("label", { for: id }, label),
    el("select", { id, on: { change: (event) => act(event.target.value) } }, options.map(([value, name]) => el("option", { value, selected: value === chosen }, name))));

function form(spaces, space, state, names, [left, right], colour) {
  const set = (change) => go({ ...read(), ...change });
  const species = space.taxa.map((taxon) => [taxon, names[taxon]]);
  return el("form", { class: "ask", "aria-label": "What is shown", on: { submit: (event) => event.preventDefault() } },
    choice("space", "Space", spaces.map((each) => [each.label, each.label]), space.label, (id) => go({ view: "space", id })),
    choice("colour", "Colour by", [["species", "species"], ["type", "type"]], colour, (value) => set({ colour: value })),
    choice("rows", "Rows", species, left, (value) => set({ rows: value, columns: value === right ? left : right })),
    choice("columns", "Columns", species, right, (value) => set({ columns: value, rows: value === left ? right : left })));
}

function populations(all, names) {
  return table({
    name: "populations", title: many(all.nodes.length, "population"), level: "h2",
    note: all.more ? `The first ${all.nodes.length} are shown.` : null,
    columns: [
      { head: "population", value: (p) => p.label, main: true, show: (p) => (p.cellType ? el("a", { href: href({ view: "celltype", id: p.cellType.curie }) }, p.label) : p.label) },
      { head: "species", value: (p) => names[p.taxon], tight: true },
      { head: "cells", value: (p) => p.nCells, show: (p) => count(p.nCells), number: true },
      { head: "counterpart", value: (p) => p.counterpart, show: (p) => spoken(p.counterpart, names), wide: true },
    ],
    rows: all.nodes,
  });
}

/** Ids of species by their names. */
const spoken = (text, names) => Object.entries(names).reduce((said, [taxon, name]) => said.replaceAll(taxon, name), text);

function card(found) {
  const facts = [["run", found.card], ["null, labels", found.nullLabels], ["null, gene embeddings", found.nullShuffled], ["AUROC of", found.aurocOf],
    ["method", [found.method, found.doi].filter(Boolean).join(", doi ")], ["coverage", found.coverage], ["files", found.inputs], ["packages", found.packages.join(", ")], ["limits", found.limits]];
  const shown = (value) => (Array.isArray(value) ? el("ul", {}, value.map((each) => el("li", {}, each))) : value);
  return el("section", { class: "block" }, el("h2", {}, "The run behind it"),
    el("dl", { class: "facts" }, facts.filter(([, value]) => value?.length).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, shown(value))))));
}

const nothing = () => [
  el("h1", {}, "Cells of several species"),
  el("p", { class: "lead" }, "No space of several species is in the graph yet."),
  el("p", { class: "note" }, "orthokg embed saturn makes one; a manifest with embedding: brings it here."),
];
