/** Two models compared, and what a drug mimics or reverses: matches that are computed for the answer, in one table. */

import { go, href } from "./address.js";
import { ask } from "./ask.js";
import { LEVELS, POLICIES } from "./declared.js";
import { CHOICES, COMPARE, MIMICS } from "./documents.js";
import { el, fresh, say } from "./dom.js";
import { chance, count, many, row as words, score, sentence } from "./format.js";
import { gaps } from "./gaps.js";
import { legend, ORDER, pill, STATUS } from "./status.js";
import { table } from "./table.js";

const MOST = 500;
const number = (head, value, show) => ({ head, value, show: (row) => show(value(row)), number: true });
const field = (name, label, ...control) => el("div", { class: `field ${name}` }, el("label", { for: name }, label), control);
const select = (name, value, options) => el("select", { id: name, name }, options.map((o) => el("option", { value: o, selected: o === value }, o)));

function listed(name, value, options) {
  const list = fresh("list");
  return [el("input", { id: name, name, value: value ?? "", list, autocomplete: "off", spellcheck: "false", required: true }), el("datalist", { id: list }, options.map((o) => el("option", { value: o })))];
}

const form = (view, state, ...fields) =>
  el("form", { class: "ask", "aria-label": "The question", on: { submit: (event) => {
    event.preventDefault();
    go({ view, ...Object.fromEntries(new FormData(event.target)) });
  } } },
  fields, field("level", "Level", select("level", state.level, LEVELS)), field("policy", "Orthologs", select("policy", state.policy, POLICIES)),
  el("button", { type: "submit", class: "main" }, "Show matches"));

/** All pages of an answer, up to a bound. */
async function all(document, variables, still) {
  const rows = [];
  let after = null;
  for (;;) {
    const { found, problems } = await ask(document, { ...variables, after });
    if (!found) throw problems[0];
    rows.push(...found.nodes);
    if (!found.pageInfo.hasNextPage || rows.length >= MOST || !still()) return { ...found, nodes: rows };
    after = found.pageInfo.endCursor;
  }
}

/** What was found, as a table. `one`: head of the first side; null where all rows have the same. */
export function answer(found, heads, [one, other], kept = "computed for this answer") {
  const counts = ORDER.map((status) => [STATUS[status].name.toLowerCase(), found.nodes.filter((m) => m.status === status).length]);
  const cut = found.totalCount > found.nodes.length ? ` The first ${count(found.nodes.length)} are shown.` : "";
  return [
    el("p", { class: "summary" }, `${many(found.totalCount, "match", "matches")}: ${words(counts.filter(([, n]) => n).map(([name, n]) => `${n} ${name}`))}.${cut}`),
    table({
      name: found.question, caption: found.question,
      columns: [
        ...(one ? [{ head: one, value: (m) => m.modelLabel, main: true }] : []),
        { head: other, value: (m) => m.humanLabel, main: !one },
        ...heads,
        { head: "status", value: (m) => m.status, show: (m) => pill(m.status) },
        number("r", (m) => m.score, score), number("p", (m) => m.p, chance), number("q", (m) => m.q, chance),
        { head: "in words", value: (m) => m.sentence ?? m.reason, wide: true },
        { head: "changes alike", value: (m) => m.changes.map((c) => c.label).join(" "), show: (m) => m.changes.map((c) => c.label).join(", ") + (m.nChanges > m.changes.length ? ` … (${count(m.nChanges)})` : ""), wide: true },
      ],
      rows: found.nodes,
    }),
    legend(),
    el("p", { class: "note" }, `${sentence(kept).slice(0, -1)}; q is over all that one contrast is compared with. ${found.release}.`),
    gaps(found.missing, found.withheld),
  ];
}

function page({ title, lead, fields, asked, ask: [document, variables], heads, sides }) {
  return {
    title,
    async view(root, state, before, still) {
      const place = el("div", { class: "answer", "aria-busy": asked(state) ? "true" : null });
      root.replaceChildren(...[el("div", { class: "question" }, el("h1", {}, title(state)), el("p", { class: "lead" }, lead)), await fields(state), place].flat());
      if (!asked(state)) return;
      place.replaceChildren(el("p", { class: "wait" }, "Comparing…"));
      const found = await all(document, { ...variables(state), level: state.level, policy: state.policy }, still);
      if (!still()) return;
      place.replaceChildren(...answer(found, heads, sides));
      place.removeAttribute("aria-busy");
      say(`${many(found.totalCount, "match", "matches")} found`);
    },
  };
}

export const compare = page({
  title: (state) => (state.model && state.other ? `Do ${state.model} and ${state.other} change alike?` : "Do two models change alike?"),
  lead: "Every contrast of one model against every contrast of the other, by the test that models and human states are held to.",
  async fields(state) {
    const { diseaseModels } = await ask(CHOICES);
    const measured = diseaseModels.nodes.filter((m) => m.contrasts.totalCount).map((m) => m.label);
    return form("compare", state, field("model", "Model", listed("model", state.model, measured)), field("other", "Other model", listed("other", state.other, measured)));
  },
  asked: (state) => state.model && state.other,
  ask: [COMPARE, ({ model, other }) => ({ model, other })],
  heads: [],
  sides: ["contrast", "against"],
});

export const mimics = page({
  title: (state) => (state.drug ? `Which states and models does ${state.drug} mimic or reverse?` : "Which states and models does a drug mimic or reverse?"),
  lead: "Above 0, r says that the drug changes what the state or model changes, the same way; below 0, the other way.",
  async fields(state) {
    return [
      el("p", { class: "sub" }, el("a", { href: href({ view: "search", kind: "Drug" }) }, "Search drugs")),
      form("mimics", state, field("drug", "Drug", el("input", { id: "drug", name: "drug", value: state.drug ?? "", autocomplete: "off", spellcheck: "false", required: true }))),
    ];
  },
  asked: (state) => state.drug,
  ask: [MIMICS, ({ drug }) => ({ drug })],
  heads: [{ head: "way", value: (m) => (["NOT_SUPPORTED", "UNTESTABLE"].includes(m.status) ? "" : m.score > 0 ? "mimics" : "reverses") }],
  sides: ["condition of the drug", "state or model"],
});
