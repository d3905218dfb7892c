/** The atlases that small studies are mapped to: one version at a time, with its card. */

import { go, href } from "./address.js";
import { ask, askAgain, AskError } from "./ask.js";
import { card } from "./card.js";
import { SPECIES } from "./declared.js";
import { ATLASES, ATLAS_CARD, ATLAS_VERSION, SUBMISSIONS } from "./documents.js";
import { el, redraw, say } from "./dom.js";
import { count, many, score } from "./format.js";
import { picture } from "./history.js";
import { standing } from "./standing.js";
import { table, tsvButton } from "./table.js";
import { trouble } from "./trouble.js";

export const title = (state) => (state.id ? `Atlas ${state.id}` : "Atlases");

export const day = (when) => (when ?? "").slice(0, 10);

async function cardOf(version) {
  try {
    const { atlasVersion } = await ask(ATLAS_CARD, { id: version.curie });
    return card(version, atlasVersion.card);
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    return trouble(error);
  }
}

const capital = (text) => text.replace(/^./, (letter) => letter.toUpperCase());
const species = (taxon) => SPECIES[taxon] ?? taxon;

export async function view(root, state, before, still) {
  if (before?.view !== state.view) root.replaceChildren(el("h1", {}, "Atlases"), el("p", { class: "wait", "aria-busy": "true" }, "Asking…"));
  const { atlases } = await ask(ATLASES);
  if (!still()) return;
  if (!atlases.nodes.length) return root.replaceChildren(...nothing());
  const id = state.id || atlases.nodes[0].head?.curie;
  const data = await ask(ATLAS_VERSION, { id });
  if (!still()) return;
  const found = data.atlasVersion;
  if (!found) throw data.problems[0];
  const [cards, { submissions }] = await Promise.all([cardOf(found), askAgain(SUBMISSIONS, { atlas: found.atlas.label })]);
  if (!still()) return;
  redraw(root,
    el("div", { class: "question" },
      el("h1", {}, found.label),
      el("p", { class: "lead" }, `${lead(found)} A small study can be mapped to it: each of its cells is assigned a type, or marked as none of the atlas's types.`),
      el("p", { class: "note" }, "orthokg atlas map, or ", el("a", { href: href({ view: "jobs", atlas: found.label }) }, `map a study of your own to ${found.label}`), ".")),
    form(atlases.nodes, found),
    el("div", { class: "stack" },
      found.caveats.length > 0 && el("section", { class: "block" }, el("h2", {}, "Notes shown with every answer"), el("ul", { class: "caveats" }, found.caveats.map((text) => el("li", {}, text)))),
      cards,
      history(found),
      submitted(submissions),
      mappings(found.mappings),
      list(atlases.nodes)),
  );
  if (before?.view === state.view) say(`Version ${found.label}`);
}

const lead = (v) =>
  `${capital(species(v.taxon))}: ${many(v.nCells, "cell")} of ${many(v.nTypes, "type")}${v.nDonors ? `, ${many(v.nDonors, "donor")}` : ""}, ${many(v.nStudies, "study", "studies")}. `;

function form(atlases, found) {
  const choose = (id, label, options, chosen) =>
    el("div", { class: "field" }, el("label", { for: id }, label),
      el("select", { id, on: { change: (event) => go({ view: "atlases", id: event.target.value }) } },
        options.map(([value, name]) => el("option", { value, selected: value === chosen }, name))));
  const versions = found.atlas.versions.nodes.toReversed();
  if (!versions.some((each) => each.curie === found.curie)) versions.push(found);
  const mine = atlases.find((each) => each.curie === found.atlas.curie);
  return el("form", { class: "ask", "aria-label": "Which version", on: { submit: (event) => event.preventDefault() } },
    choose("atlas", "Atlas", atlases.map((each) => [each.head?.curie ?? each.label, each.label]), mine?.head?.curie),
    choose("version", "Version", versions.map((each) => [each.curie, `${day(each.when)}: ${each.message}${each.curie === found.atlas.head?.curie ? " (current)" : ""}`]), found.curie));
}

/** A graph of the versions and their parents; the download is a table. */
function history(found) {
  const { totalCount, nodes } = found.atlas.versions;
  const rows = nodes.toReversed();
  const heads = new Map();
  const stands = [[found.atlas.head?.curie, "main"], ...found.atlas.branches.nodes.map((each) => [each.head?.curie, `${each.kind} ${each.label.split("/")[1]}`])];
  for (const [curie, name] of stands) heads.set(curie, [...(heads.get(curie) ?? []), name]);
  const title = many(totalCount, "version");
  return el("section", { class: "block", role: "region", "aria-label": title },
    el("div", { class: "blockhead" }, el("h2", {}, title),
      tsvButton(`versions of ${found.atlas.label}`, ["version", "branch", "when", "author", "what is new", "parents"],
        () => rows.map((v) => [v.label, v.branch, v.when, v.author, v.message, v.parents.nodes.map((each) => each.curie).join(" ")]))),
    el("p", { class: "note" }, `A version never changes: the same question always gets the same answer.${totalCount > rows.length ? ` The newest ${rows.length} are shown.` : ""}`),
    picture(rows, heads, found.curie));
}

function submitted(found) {
  if (!found.totalCount) return null;
  return table({
    name: "submissions", title: many(found.totalCount, "submission"), level: "h2",
    note: found.totalCount > found.nodes.length ? `The newest ${found.nodes.length} are shown.` : null,
    columns: [
      { head: "submission", value: (s) => s.number, show: (s) => el("a", { href: href({ view: "submission", id: s.number }) }, `${s.number}: ${s.message}`), main: true },
      { head: "stands", value: (s) => s.status, show: (s) => standing(s.status), tight: true },
      { head: "to", value: (s) => s.branch, tight: true },
      { head: "author", value: (s) => s.author },
      { head: "donors", value: (s) => s.donors, show: (s) => count(s.donors), number: true },
      { head: "cells", value: (s) => s.cells, show: (s) => count(s.cells), number: true },
      { head: "when", value: (s) => s.when, show: (s) => day(s.when), tight: true },
    ],
    rows: found.nodes,
  });
}

function mappings(found) {
  if (!found.totalCount) return null;
  const number = (head, value) => ({ head, value, show: (row) => count(value(row)), number: true });
  return table({
    name: "studies mapped to it", title: `${many(found.totalCount, "study", "studies")} mapped to it`, level: "h2",
    note: found.totalCount > found.nodes.length ? `The first ${found.nodes.length} are shown.` : null,
    columns: [
      { head: "study", value: (m) => m.label, main: true },
      { head: "controls", value: (m) => m.controls, show: (m) => (m.provisional ? `${m.controls}: labels are provisional` : m.controls), tight: true },
      { head: "weight of genes measured", value: (m) => m.geneWeight, show: (m) => score(m.geneWeight), number: true },
      number("cells", (m) => m.nCells), number("one type", (m) => m.nType), number("ancestor", (m) => m.nAncestor),
      number("ambiguous", (m) => m.nAmbiguous), number("unknown", (m) => m.nUnknown), number("low quality", (m) => m.nLowQuality),
    ],
    rows: found.nodes,
  });
}

const list = (atlases) =>
  table({
    name: "atlases", title: many(atlases.length, "atlas", "atlases"), level: "h2",
    columns: [
      { head: "atlas", value: (a) => a.label, show: (a) => el("a", { href: href({ view: "atlases", id: a.head?.curie ?? a.label }) }, a.label), main: true },
      { head: "species", value: (a) => species(a.taxon), tight: true },
      { head: "moved", value: (a) => a.moved, show: (a) => day(a.moved), tight: true },
      { head: "studies", value: (a) => a.head?.nStudies, show: (a) => count(a.head?.nStudies), number: true },
      { head: "cells", value: (a) => a.head?.nCells, show: (a) => count(a.head?.nCells), number: true },
      { head: "types", value: (a) => a.head?.nTypes, show: (a) => count(a.head?.nTypes), number: true },
    ],
    rows: atlases,
  });

const nothing = () => [
  el("h1", {}, "Atlases"),
  el("p", { class: "lead" }, "No atlas is in the graph yet."),
  el("p", { class: "note" }, "orthokg atlas create NAME STUDY.yaml --policy POLICY.yaml creates one from a laboratory's studies."),
];
