/** The curator's page: a query that only reads, its rows as a table and as a picture. */

import { go, href } from "./address.js";
import { ask, AskError, cypher } from "./ask.js";
import { SAVED } from "./documents.js";
import { el, say } from "./dom.js";
import { many } from "./format.js";
import { gather, nameOf, picture } from "./picture.js";
import { table } from "./table.js";
import { trouble } from "./trouble.js";

const FIRST = "MATCH (m:DiseaseModel)-[r:MODELS]->(d:Disease)\nRETURN m, r, d";

export const title = () => "Cypher";

export async function view(root, state, before, still) {
  const saved = await savedQueries();
  if (!still()) return;
  const chosen = saved.find((each) => each.name === state.saved);
  const text = state.query || chosen?.cypher || FIRST;
  const parameters = state.parameters || (chosen ? examples(chosen) : "{}");
  const answer = el("div", { class: "answer", id: "answer" });
  root.replaceChildren(
    el("div", { class: "question" }, el("h1", {}, "Query the graph in Cypher"), el("p", { class: "lead" }, "Read-only: a query that would change the graph is refused before it runs.")),
    el("div", { class: "bench" }, form(text, parameters, state, chosen), shelf(saved, chosen)),
    answer,
  );
  if (state.query || chosen) await run(answer, text, parameters);
}

async function savedQueries() {
  try {
    return (await ask(SAVED)).savedQueries ?? [];
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    return [];
  }
}

const examples = (query) => JSON.stringify(Object.fromEntries(query.parameters.map((p) => [p.name, p.example])), null, 1);

function form(text, parameters, state, chosen) {
  const send = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    go({ view: "cypher", saved: state.saved, query: given.query, parameters: given.parameters.trim() === "{}" ? "" : given.parameters });
  };
  const box = el("textarea", { id: "query", name: "query", rows: String(Math.min(18, text.split("\n").length + 2)), spellcheck: "false", autocapitalize: "off" });
  box.value = text;
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) box.form.requestSubmit();
  });
  return el(
    "form",
    { class: "ask tall", "aria-label": "Query", on: { submit: send } },
    el("div", { class: "field" }, el("label", { for: "query" }, "Query (Ctrl+Enter runs it)"), box),
    el("div", { class: "line" }, el("div", { class: "field" }, el("label", { for: "parameters" }, "Parameters, as JSON"), el("input", { id: "parameters", name: "parameters", value: parameters.replace(/\s*\n\s*/g, " "), spellcheck: "false" })), el("button", { type: "submit", class: "main" }, "Run")),
    meanings(chosen),
  );
}

/** What the parameters of a saved query mean. */
const meanings = (query) =>
  query?.parameters.length ? el("p", { class: "note" }, query.parameters.map((p) => `${p.name}: ${p.description}`).join("; ")) : null;

const shelf = (saved, chosen) =>
  el(
    "nav",
    { class: "shelf", "aria-label": "Saved queries" },
    el("h2", {}, "Saved queries"),
    saved.length
      ? el("ul", {}, saved.map((each) => el("li", {}, el("a", { href: href({ view: "cypher", saved: each.name }), "aria-current": each === chosen ? "true" : null }, each.title), el("span", { class: "sub" }, each.question))))
      : el("p", { class: "note" }, "The server has none."),
  );

function valuesOf(parameters) {
  try {
    const found = JSON.parse(parameters || "{}");
    if (found && typeof found === "object" && !Array.isArray(found)) return found;
  } catch {
    // said below
  }
  throw new AskError('Parameters are a JSON object, such as {"symbol": "GFAP"}.', "ARGUMENT");
}

async function run(answer, text, parameters) {
  answer.setAttribute("aria-busy", "true");
  answer.replaceChildren(el("p", { class: "wait" }, "Running…"));
  try {
    const found = await cypher(text, valuesOf(parameters));
    const summary = many(found.rows.length, "row") + (found.truncated ? ": the first, there are more. Narrow the query or page it." : ".");
    const graph = gather(found.rows);
    answer.replaceChildren(
      el("p", { class: "summary" }, summary),
      graph.nodes.length ? picture(graph) : "",
      found.rows.length ? rowsTable(found) : el("p", { class: "note" }, "The query ran, and no row fits it."),
    );
    say(summary);
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    answer.replaceChildren(trouble(error));
  } finally {
    answer.removeAttribute("aria-busy");
  }
}

const rowsTable = ({ columns, rows }) =>
  table({
    name: "cypher rows", title: "Rows", level: "h2",
    columns: columns.map((head, at) => ({
      head,
      wide: rows.some((row) => typeof row[at] === "string" && row[at].length > 20 && row[at].includes(" ")),
      value: (row) => flat(row[at]),
      show: (row) => shown(row[at]),
      number: rows.every((row) => row[at] === null || typeof row[at] === "number"),
    })),
    rows,
  });

/** One cell for TSV: values as they are; things of the graph by their id. */
function flat(value) {
  if (value === null || typeof value !== "object") return value;
  return JSON.stringify(value);
}

function shown(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  if (Array.isArray(value)) return value.map(shown).flatMap((each, at) => (at ? [", ", each] : [each]));
  if (value.kind === "node") return el("span", { class: "chip" }, `${value.labels[0] ?? ""} `, el("b", {}, nameOf(value)));
  if (value.kind === "relationship") return el("span", { class: "chip" }, `:${value.type}`);
  if (value.kind === "path") return `path of ${value.nodes.length} nodes`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
