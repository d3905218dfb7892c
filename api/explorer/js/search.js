/** Search by gene, cell type, model, drug, disease, regulon or dataset. */

import { go, href } from "./address.js";
import { ask } from "./ask.js";
import { SEARCH } from "./documents.js";
import { el, say } from "./dom.js";
import { many } from "./format.js";
import { table } from "./table.js";

const KINDS = { Gene: "Genes", CellType: "Cell types", DiseaseModel: "Models", Drug: "Drugs", Disease: "Diseases", DiseaseState: "Human states",
  Tissue: "Tissues", Regulon: "Regulons", Dataset: "Datasets" };
const FITS = { EXACT: "is it", PREFIX: "begins with it", CONTAINED: "holds it" };

/** Where a kind of thing has its page. */
const PAGES = {
  Gene: (id) => ({ view: "gene", id }),
  CellType: (id) => ({ view: "celltype", id }),
  DiseaseModel: (id) => ({ view: "model", id }),
  Drug: (id) => ({ view: "drug", id }),
  Disease: (id) => ({ view: "verdicts", disease: id }),
  Regulon: (id) => ({ view: "regulon", id }),
  Dataset: (id) => ({ view: "dataset", id }),
};

export const title = (state) => (state.q ? `Search: ${state.q}` : "Search");

export async function view(root, state) {
  const answer = el("div", { class: "answer", "aria-busy": state.q ? "true" : null });
  root.replaceChildren(el("div", { class: "question" }, el("h1", {}, "Search the graph"), el("p", { class: "lead" }, "A name, a synonym, an id, or a part of one.")), form(state), answer);
  if (!state.q) return;
  const { search } = await ask(SEARCH, { text: state.q, kinds: KINDS[state.kind] ? [state.kind] : null, first: 50 });
  const found = search.known ? `${many(search.known, "name")} found` + (search.known > search.nodes.length ? `, the best ${search.nodes.length} shown.` : ".") : `Nothing in the graph is called "${state.q}".`;
  const linked = (hit) => (PAGES[hit.kind] ? el("a", { href: href(PAGES[hit.kind](hit.curie)) }, hit.label) : hit.label);
  answer.replaceChildren(
    el("p", { class: "summary" }, found),
    search.nodes.length
      ? table({
          name: `search ${state.q}`, caption: "What was found",
          columns: [
            { head: "name", value: (h) => h.label, show: linked, main: true, wide: true },
            { head: "kind", value: (h) => h.kind, show: (h) => (KINDS[h.kind] ?? h.kind).replace(/s$/, ""), tight: true },
            { head: "id", value: (h) => h.curie, show: (h) => el("span", { class: "id" }, h.curie), tight: true },
            { head: "fits by", value: (h) => h.matched, show: (h) => `${h.matched} ${FITS[h.fit] ?? ""}`, wide: true },
          ],
          rows: search.nodes,
        })
      : el("p", { class: "note" }, "Try a shorter part of the name, or another kind."),
  );
  answer.removeAttribute("aria-busy");
  say(found);
}

function form(state) {
  const send = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    go({ view: "search", q: given.q.trim(), kind: given.kind });
  };
  return el(
    "form",
    { class: "ask", role: "search", on: { submit: send } },
    el("div", { class: "field" }, el("label", { for: "q" }, "Name"), el("input", { id: "q", name: "q", type: "search", value: state.q ?? "", required: true, autocomplete: "off", spellcheck: "false", placeholder: "TREM2, microglia, rTg4510, memantine" })),
    el("div", { class: "field short" }, el("label", { for: "kind" }, "Kind"), el("select", { id: "kind", name: "kind" }, el("option", { value: "" }, "everything"), Object.entries(KINDS).map(([kind, name]) => el("option", { value: kind, selected: kind === state.kind }, name)))),
    el("button", { type: "submit", class: "main" }, "Search"),
  );
}
