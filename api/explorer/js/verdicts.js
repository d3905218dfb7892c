/** The main question: which models match which human states of a disease. */

import { go, href, read } from "./address.js";
import { ask, AskError } from "./ask.js";
import { CHOICES, VERDICTS } from "./documents.js";
import { LEVELS, POLICIES } from "./declared.js";
import { detail } from "./detail.js";
import { el, focusOn, fresh, say } from "./dom.js";
import { many, row as words } from "./format.js";
import { gaps } from "./gaps.js";
import { heat } from "./heat.js";
import { trouble } from "./trouble.js";
import { legend, ORDER, STATUS } from "./status.js";

const ALZHEIMER = "MONDO:0004975";
const FULL = 2;
const UNSAID = "not said";
const SPECIFICITY = { any: "any", tested: "tested", untested: "untested" };

/** What the rows are grouped by: how a match is named there. */
const ROWS = {
  model: { label: "model" },
  celltype: { label: "cell type", of: (match) => match.modelContrast?.cellType?.label ?? "bulk tissue" },
  region: { label: "region", of: (match) => match.modelContrast?.tissue?.label ?? UNSAID },
};

let shown = null;

export const title = () => "Verdicts";

export async function view(root, state, before, still) {
  const wanted = { ...state, disease: state.disease || ALZHEIMER };
  const question = JSON.stringify([wanted.model, wanted.disease, wanted.level, wanted.policy, wanted.beside, wanted.by, wanted.specificity]);
  if (shown?.question !== question || !root.contains(shown.answer)) {
    shown = { question, answer: el("div", { class: "answer", "aria-busy": "true" }, el("p", { class: "wait" }, "Asking…")), place: el("div", {}) };
    const page = shown;
    root.replaceChildren(page.answer);
    const choices = await ask(CHOICES);
    if (page !== shown) return;
    root.replaceChildren(heading(wanted, choices), form(wanted, choices), page.answer, page.place);
    await answer(page, wanted, choices);
    if (page !== shown) return;
  }
  await open(shown, wanted, before, still);
}

const labelOf = (rows, curie) => rows.find((each) => each.curie === curie)?.label ?? curie;

function diseases({ diseaseStates }) {
  const found = new Map(diseaseStates.nodes.filter((state) => state.disease).map((state) => [state.disease.curie, state.disease]));
  return [...found.values()];
}

const places = new Map();

/** Where each match stands in its question, so that it can be asked for alone. */
function rowsOf(found, question) {
  return found.edges.map(({ node }, at) => {
    places.set(node.curie, { ...question, after: at ? found.edges[at - 1].cursor : null });
    return node;
  });
}

function heading(state, choices) {
  const disease = labelOf(diseases(choices), state.disease);
  return el(
    "div",
    { class: "question" },
    el("h1", {}, `Which ${state.level}-level changes of ${state.model || "the animal models"} match human ${disease}?`),
    el("p", { class: "lead" }, "Each cell is the verdict of a test that takes the noise of both sides into account. Select one to see its evidence."),
  );
}

function form(state, choices) {
  const field = (name, label, control) => el("div", { class: `field ${name}` }, el("label", { for: name }, label), control);
  const listed = (name, value, options, placeholder) => {
    const list = fresh("list");
    return [
      el("input", { id: name, name, value, list, placeholder, autocomplete: "off", spellcheck: "false" }),
      el("datalist", { id: list }, options.map((o) => el("option", { value: o.label ?? o.curie }, o.curie))),
    ];
  };
  const select = (name, value, options, told = (o) => o) =>
    el("select", { id: name, name }, options.map((o) => el("option", { value: o, selected: o === value }, told(o))));
  const known = diseases(choices);
  const send = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    const disease = known.find((each) => each.label.toLowerCase() === given.disease.trim().toLowerCase());
    go({ model: given.model.trim(), disease: disease?.curie ?? given.disease.trim(), level: given.level, policy: given.policy, specificity: given.specificity === "any" ? "" : given.specificity, by: given.by === "model" ? "" : given.by, beside: state.beside });
  };
  return el(
    "form",
    { class: "ask", "aria-label": "The question", on: { submit: send } },
    field("model", "Animal model", listed("model", state.model ?? "", choices.diseaseModels.nodes.filter(measured), "all models")),
    field("disease", "Human disease", listed("disease", labelOf(known, state.disease), known, "name or MONDO id")),
    field("level", "Level", select("level", state.level, LEVELS)),
    field("policy", "Orthologs", select("policy", state.policy, POLICIES)),
    field("specificity", "Specificity", select("specificity", SPECIFICITY[state.specificity] ? state.specificity : "any", Object.keys(SPECIFICITY))),
    field("by", "Rows by", select("by", ROWS[state.by] ? state.by : "model", Object.keys(ROWS), (name) => ROWS[name].label)),
    el("button", { type: "submit", class: "main" }, "Show verdicts"),
  );
}

/** The filter by specificity that the question carries; null for all. */
const only = (state) => (state.specificity in SPECIFICITY && state.specificity !== "any" ? state.specificity : null);

/** Answers of one model, or of all that have contrasts; a model without any has none to give. */
async function groupsOf(state, choices) {
  const variables = { disease: state.disease, level: state.level, policy: state.policy, specificity: only(state) };
  const models = state.model ? [state.model] : choices.diseaseModels.nodes.filter(measured).map((model) => model.label);
  const found = await Promise.allSettled(models.map((model) => ask(VERDICTS, { ...variables, model })));
  const failed = found.find((each) => each.status === "rejected");
  if (failed && (state.model || found.every((each) => each.status === "rejected"))) throw failed.reason;
  const groups = found.flatMap((each, at) => (each.status === "fulfilled" ? [{ ...each.value.matches, model: models[at], nodes: rowsOf(each.value.matches, { ...variables, model: models[at] }) }] : []));
  const lost = found.flatMap((each, at) => (each.status === "rejected" ? [{ what: models[at], why: each.reason.message, remedy: "ask for this model alone" }] : []));
  return { groups, lost };
}

/** Verdicts of each model, or of all models in each cell type or region. */
function rowsBy(by, groups) {
  const of = ROWS[by]?.of;
  if (!of) return groups.map(({ model, nodes }) => ({ model, matches: nodes }));
  const found = new Map();
  for (const match of groups.flatMap((group) => group.nodes)) found.set(of(match), [...(found.get(of(match)) ?? []), match]);
  return [...found].sort(([a], [b]) => a.localeCompare(b)).map(([model, matches]) => ({ model, matches }));
}

const measured = (model) => model.contrasts.totalCount > 0;

async function answer(page, state, choices) {
  try {
    const { groups, lost } = await groupsOf(state, choices);
    const matches = groups.flatMap((group) => group.nodes);
    const once = (rows) => [...new Map(rows.map((gap) => [`${gap.what} ${gap.why}`, gap])).values()];
    const missing = once([...lost, ...groups.flatMap((group) => group.missing)]);
    const withheld = once(groups.flatMap((group) => group.withheld));
    const summary = summed(matches, only(state));
    document.getElementById("release").textContent = groups[0]?.release ?? "";
    const wide = state.beside ? state.beside === "yes" : new Set(matches.map((m) => m.state)).size <= FULL;
    page.answer.replaceChildren(
      el("p", { class: "summary" }, summary),
      only(state) ? "" : nothing(matches),
      matches.length ? heat(rowsBy(state.by, only(state) ? groups.filter((group) => group.nodes.length) : groups), state.match, wide, Boolean(ROWS[state.by]?.of) || groups.length > 1) : "",
      matches.length ? legend() : "",
      matches.length ? el("p", { class: "more" }, el("a", { href: href({ ...state, beside: wide ? "no" : "yes" }) }, wide ? "Verdicts only" : "With cohorts and other states")) : "",
      gaps(missing, withheld),
    );
    say(summary);
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    page.answer.replaceChildren(trouble(error, (hint) => href({ ...state, ...(error.message.includes("model") ? { model: hint } : { disease: hint.split(" ")[0] }), match: "" })));
  } finally {
    page.answer.removeAttribute("aria-busy");
  }
}

function summed(matches, specificity) {
  const which = specificity ? ` with ${specificity} specificity` : "";
  if (!matches.length) return specificity ? `None of the verdicts has ${specificity} specificity.` : "No human state under this disease is available.";
  const counts = ORDER.map((status) => [STATUS[status].name.toLowerCase(), matches.filter((m) => m.status === status).length]);
  return `${many(matches.length, "verdict")}${which}: ${words(counts.filter(([, n]) => n).map(([name, n]) => `${n} ${name}`))}.`;
}

/** "No supported match" is an answer, with its reason. */
function nothing(matches) {
  if (!matches.length || matches.some((match) => match.status === "SUPPORTED")) return "";
  const near = matches.filter((match) => match.status === "NONSPECIFIC");
  const why = near.length
    ? `${near.length === 1 ? "One is" : `${near.length} are`} significant, but not told apart from ${words([...new Set(near.flatMap(alike))])}.`
    : matches.every((m) => m.status === "UNTESTABLE") ? "None could be tested; each cell says why." : "Any agreement here is within what noise alone gives.";
  return el("p", { class: "nothing" }, el("b", {}, "No supported match. "), why);
}

const alike = (match) => match.given.filter((given) => given.role === "not told apart").map((given) => given.label);

async function open(page, state, before, still) {
  for (const cell of page.answer.querySelectorAll("button[data-match]")) {
    cell.setAttribute("aria-pressed", String(cell.dataset.match === read().match));
  }
  if (!still()) return;
  if (!state.match) {
    const last = page.place.firstElementChild?.dataset.match;
    page.place.replaceChildren();
    if (last) page.answer.querySelector(`button[data-match="${CSS.escape(last)}"]`)?.focus();
    return;
  }
  if (page.place.firstElementChild?.dataset.match === state.match) return;
  page.place.replaceChildren(el("p", { class: "wait" }, "Loading its evidence…"));
  try {
    const made = await detail(state.match, places.get(state.match));
    if (!still() || !page.place.isConnected) return;
    page.place.replaceChildren(made);
    focusOn(before ? made.querySelector("h2") : made);
    say(`Details of ${made.querySelector("h2").textContent}`);
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    if (!still()) return;
    page.place.replaceChildren(trouble(error, (hint) => href({ ...state, match: hint })));
  }
}
