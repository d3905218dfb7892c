/** All curations: what waits for a review, what was reviewed, and a form for another. */

import { href } from "./address.js";
import { askAgain } from "./ask.js";
import { barred, may, proposing, said, viewer } from "./curate.js";
import { CURATION_LIST } from "./documents.js";
import { el, focusOn, redraw } from "./dom.js";
import { many } from "./format.js";

export const title = () => "Curations";

export async function view(root, state, before, still) {
  if (before?.view !== state.view) root.replaceChildren(el("h1", {}, "Curations"), el("p", { class: "wait", "aria-busy": "true" }, "Asking…"));
  const [who, waiting, rest] = await Promise.all([viewer(), askAgain(CURATION_LIST, { state: "proposed", after: null }), askAgain(CURATION_LIST, { state: null, after: state.after ?? null })]);
  if (!still()) return;
  if (!waiting.curations || !rest.curations) throw (waiting.problems ?? rest.problems)[0];
  const again = async () => {
    await view(root, state, state, still);
    if (still()) focusOn(root.querySelector("h1"));
  };
  const reviewed = rest.curations.nodes.filter((each) => each.state !== "proposed");
  const { hasNextPage, endCursor } = rest.curations.pageInfo;
  const list = (rows, none) => (rows.length ? el("ul", { class: "curations" }, rows.map((each) => said(each, who, again, true))) : el("p", { class: "note" }, none));
  redraw(root,
    el("div", { class: "question" },
      el("h1", {}, "Curations"),
      el("p", { class: "lead" }, "What people say of a match or a mapping, kept beside what was computed and never in its place. One proposes, another reviews; nobody reviews their own."),
      el("p", { class: "note" }, may(who) ? `You curate as ${who.name}.` : "")),
    el("div", { class: "stack" },
      el("section", { class: "block curating", "aria-label": "Waiting for a review" }, el("h2", {}, `${many(waiting.curations.totalCount, "proposal")} to review`),
        waiting.curations.pageInfo.hasNextPage && el("p", { class: "note" }, `The newest ${waiting.curations.nodes.length} are shown.`),
        list(waiting.curations.nodes, "Nothing waits for a review.")),
      el("section", { class: "block curating", "aria-label": "Propose" }, el("h2", {}, "Propose another"),
        may(who) ? [el("p", { class: "note" }, "A match is named by its id, orthokg:match/…; a mapping (ortholog, disease or tissue of a node) by the ids of its two ends. On the page of a verdict the form knows the match."), proposing(null, [], again)] : barred(who)),
      el("section", { class: "block curating", "aria-label": "Reviewed" }, el("h2", {}, "Reviewed"), list(reviewed, "None on this page."),
        hasNextPage && el("p", { class: "more" }, el("a", { href: href({ ...state, after: endCursor }) }, "Older curations")))));
}
