/** What this server holds and runs, and how to cite it. */

import { href } from "./address.js";
import { ask, AskError } from "./ask.js";
import { copyable } from "./copy.js";
import { CITE, DERIVED } from "./declared.js";
import { ABOUT, ALL_DATASETS, ALL_RELEASES, ALL_SOURCES, GRAPH_SIZE } from "./documents_of_things.js";
import { el } from "./dom.js";
import { count, many } from "./format.js";
import { accession, address, doi } from "./out.js";
import { table } from "./table.js";
import { facts, link, nothing } from "./thing.js";

/** All pages of a list. */
async function all(document, field) {
  const rows = [];
  for (let after = null; ; ) {
    const found = (await ask(document, { after }))[field];
    rows.push(...found.nodes);
    if (!found.pageInfo.hasNextPage) return rows;
    after = found.pageInfo.endCursor;
  }
}

const passedOn = (row) => (row.redistribute ? "yes" : "no, or not stated");

const datasetTable = (rows) =>
  table({
    name: "data sets", title: many(rows.length, "data set"), level: "h2", note: "The authors' own data. Cite those that an answer rests on: its verdict lists them.",
    columns: [
      { head: "data set", value: (d) => d.title, show: (d) => [link("dataset", d, d.title || d.curie), d.simulated && el("span", { class: "sub" }, "simulated")], main: true },
      { head: "id", value: (d) => d.curie, show: (d) => el("span", { class: "id" }, d.curie) },
      { head: "accession", value: (d) => d.accession, show: (d) => accession(d.accession), tight: true },
      { head: "cite", value: (d) => d.citation, wide: true },
      { head: "DOI", value: (d) => d.doi, show: (d) => doi(d.doi), long: true },
      { head: "licence", value: (d) => d.licence || "none stated", wide: true },
      { head: "may be passed on", value: passedOn },
    ],
    rows,
  });

/** What was computed here rests on other rows. */
const licence = (s) => (DERIVED.includes(s.curie) ? "that of the rows that it rests on" : s.licence || "none stated");

const sourceTable = (rows) =>
  table({
    name: "sources", title: many(rows.length, "source"), level: "h2", note: "Where all other rows of the graph come from.",
    columns: [
      { head: "source", value: (s) => s.label || s.curie, main: true },
      { head: "version", value: (s) => s.version, long: true },
      { head: "cite", value: (s) => s.citation, wide: true },
      { head: "licence", value: licence, wide: true },
      { head: "may be passed on", value: (s) => (DERIVED.includes(s.curie) ? "as those" : passedOn(s)) },
      { head: "address", value: (s) => s.url, show: (s) => s.url && s.url.split("; ").map((text, at) => [at ? ", " : "", address(text)]), long: true },
      { head: "status", value: (s) => (s.status === "missing" ? `missing: ${s.reason}` : s.status) },
    ],
    rows,
  });

const releaseTable = (rows) =>
  rows.length
    ? table({
        name: "releases", title: many(rows.length, "release"), level: "h2", note: "Named states of the graph. A release that was kept can be restored, compared and exported.",
        columns: [
          { head: "release", value: (r) => r.label, main: true },
          { head: "named", value: (r) => r.when, show: (r) => r.when.slice(0, 10) },
          { head: "data version", value: (r) => r.dataVersion, show: (r) => el("span", { class: "id" }, r.dataVersion) },
          { head: "for", value: (r) => r.note, wide: true },
        ],
        rows,
      })
    : nothing("Releases", "No state of this graph has been named a release.");

const sum = (counts) => count(counts.reduce((n, each) => n + each.count, 0));

const heading = (title, lead) => el("div", { class: "question" }, el("h1", {}, title), el("p", { class: "lead" }, lead));

const waiting = (root, title) => root.replaceChildren(el("h1", {}, title), el("p", { class: "wait", "aria-busy": "true" }, "Asking…"));

/** How large the graph is; counting takes seconds, and the page stands before. */
async function counted(place) {
  try {
    const { status } = await ask(GRAPH_SIZE);
    place.textContent = `${sum(status.nodes)} nodes, ${sum(status.edges)} relationships`;
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    place.textContent = "could not be counted";
  }
  place.removeAttribute("aria-busy");
}

export const about = {
  title: () => "About",
  async view(root, state, before, still) {
    waiting(root, "About OrthoKG");
    const [{ status }, { releases }, sources, datasets] = await Promise.all([ask(ABOUT), ask(ALL_RELEASES), all(ALL_SOURCES, "sources"), all(ALL_DATASETS, "datasets")]);
    if (!still()) return;
    const size = el("span", { "aria-busy": "true" }, "being counted");
    root.replaceChildren(
      heading("About OrthoKG", "A multi-species knowledge graph that asks which regulatory changes of a disease model match human disease states, how sure we are, and why."),
      el("div", { class: "stack" },
        facts([
          ["software", `OrthoKG ${CITE.version}`], ["licence of the software", CITE.licence], ["release", status.release], ["store", status.store],
          ["graph", size], ["cite", el("a", { href: href({ view: "cite" }) }, "how to cite")],
        ]),
        el("p", { class: "note" }, "A verdict is for research. It says how similar regulatory changes are, not whether a treatment works. Data stand under the licence of their source; many may be used, and not passed on."),
        releaseTable(releases.nodes), datasetTable(datasets), sourceTable(sources.filter((s) => !s.curie.startsWith("dataset/")))),
    );
    await counted(size);
  },
};

/** A data set in one line. */
const reference = (d) => [d.title, d.citation, d.doi && `doi:${d.doi}`, d.accession, d.simulated && "simulated", `licence: ${d.licence || "none stated"}`].filter(Boolean).join(". ");

export const cite = {
  title: () => "How to cite",
  async view(root, state, before, still) {
    waiting(root, "How to cite");
    const [{ status }, datasets] = await Promise.all([ask(ABOUT), all(ALL_DATASETS, "datasets")]);
    if (!still()) return;
    root.replaceChildren(
      heading("How to cite", CITE.message),
      el("div", { class: "stack" },
        copyable("Software and method", `${CITE.software} Graph: ${status.release}.\n\n${CITE.method}`, { level: "h2", prose: true }),
        copyable("BibTeX", CITE.bibtex, { level: "h2" }),
        datasets.length > 0 && copyable("References of the data sets", datasets.map(reference).join("\n"), { level: "h2", prose: true }),
        datasets.length > 0 && datasetTable(datasets)),
    );
  },
};
