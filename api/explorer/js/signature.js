/** Your own table: dropped, its columns chosen, answered at once or as a job; nothing of it is stored with the graph. */

import { go } from "./address.js";
import { ask, askAgain, AskError } from "./ask.js";
import { LEVELS, POLICIES, SPECIES } from "./declared.js";
import { guessed, numbers, read } from "./delimited.js";
import { CHOICES, MATCH_SIGNATURE, PLACES, SUBMIT_JOB } from "./documents.js";
import { el, focusOn, fresh, say } from "./dom.js";
import { bytes, count, many } from "./format.js";
import { send } from "./send.js";
import { answer } from "./several.js";
import { trouble } from "./trouble.js";

const BODY = 4 * 1024 * 1024 - 4096;
const GENES = 65000;
const MOST = 500;
const SUFFIXES = ".tsv,.csv,.txt";
const COLUMNS = {
  gene: "Gene (symbol or Ensembl id)",
  effect: "Effect (log2 fold change, case minus control)",
  se: "Standard error of the effect",
  z: "z or Wald statistic",
  p: "p, two-sided",
  fdr: "FDR, if there is no p",
};
const DUPLICATES = ["refuse", "smallest_p", "highest_mean", "mean", "first"];
const LONG = new Set(["LIMIT_EXCEEDED", "BUSY"]);

export const title = () => "Your table";

export async function view(root, state, before, still) {
  root.replaceChildren(el("h1", {}, title()), el("p", { class: "wait", "aria-busy": "true" }, "Asking…"));
  const [choices, places] = await Promise.all([ask(CHOICES), ask(PLACES)]);
  if (!still()) return;
  root.replaceChildren(
    el("div", { class: "question" },
      el("h1", {}, "Which human states does your own table match?"),
      el("p", { class: "lead" }, "One row per gene, for all genes tested, with an effect and its standard error, p or FDR, or with z. The table is sent to this server for the answer, and is not stored; as a job it is kept in your space alone, until you delete it.")),
    ...form(state, choices, places, still));
}

const select = (name, options, value) => el("select", { id: fresh(name), name }, options.map(([key, label]) => el("option", { value: key, selected: key === value }, label)));
const field = (label, box, ...more) => el("div", { class: "field" }, el("label", { for: box.id }, label), box, more);
const plain = (list) => list.map((each) => [each, each]);

function listed(name, values, placeholder) {
  const list = el("datalist", { id: fresh("list") }, values.map(({ curie, label }) => el("option", { value: label }, curie)));
  const box = el("input", { id: fresh(name), name, list: list.id, autocomplete: "off", spellcheck: "false", placeholder });
  return field({ tissue: "Tissue measured", cell_type: "or cell type measured", disease: "Human disease" }[name], box, list);
}

const once = (nodes) => [...new Map(nodes.filter(Boolean).map((each) => [each.curie, each])).values()];

function form(state, { diseaseStates }, { contrasts }, still) {
  const told = el("p", { class: "note", role: "status" });
  const columns = el("div", { class: "line columns" });
  const out = el("div", { class: "answer own" });
  const taxon = select("taxon", [["", "choose"], ...Object.entries(SPECIES).map(([id, name]) => [id, name])], "");
  taxon.required = true;
  const label = el("input", { id: fresh("label"), name: "label", autocomplete: "off", maxlength: 200 });
  const engineered = el("input", { id: fresh("engineered"), name: "engineered", autocomplete: "off", spellcheck: "false" });
  const cut = el("input", { id: fresh("cut"), name: "cut", autocomplete: "off" });
  const sets = el("input", { id: fresh("sets"), type: "file", accept: ".gmt" });
  const now = el("button", { type: "submit", class: "main", disabled: true }, "Match it");
  const later = el("button", { type: "button", class: "quiet big", disabled: true, on: { click: () => submitted() } }, "As a job, with a report");
  const input = el("input", { id: fresh("table"), type: "file", accept: SUFFIXES, on: { change: () => input.files[0] && begin(input.files[0]) } });
  let held = null;

  async function begin(file) {
    held = null;
    [now.disabled, later.disabled] = [true, true];
    out.replaceChildren();
    told.textContent = `Reading ${file.name}…`;
    try {
      const table = await read(file);
      if (!still()) return;
      held = { file, table };
      const { found, ids, species } = guessed(table);
      const names = table.names.map((name, at) => [String(at), name || "(names of rows)"]);
      const boxes = Object.fromEntries(Object.keys(COLUMNS).map((what) => [what, select(what, what === "gene" ? names : [["", "–"], ...names], String(found[what] ?? ""))]));
      held.boxes = boxes;
      columns.replaceChildren(...Object.entries(COLUMNS).map(([what, words]) => field(words, boxes[what])));
      if (species) taxon.value = Object.keys(SPECIES).find((id) => SPECIES[id] === species) ?? taxon.value;
      label.placeholder = stem(file.name);
      const large = table.rows > GENES;
      [now.disabled, later.disabled] = [large, false];
      told.textContent = `${file.name}, ${bytes(file.size)}: ${many(table.rows, "row")}, ${many(table.names.length, "column")}. Genes look like ${ids ? "Ensembl ids" : "symbols"}${species ? ` of ${species}` : ""}: check the columns below.${large ? ` More than ${count(GENES)} rows are answered as a job only.` : ""}`;
      say("The columns of the table are listed");
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      told.textContent = "";
      columns.replaceChildren();
      out.replaceChildren(trouble(error));
    }
  }

  const given = () => Object.fromEntries([...new FormData(made)].filter(([, value]) => typeof value === "string").map(([name, value]) => [name, value.trim()]));

  /** The input of the question, or an AskError. */
  function asked() {
    const { boxes, table } = held;
    const chosen = Object.entries(boxes).filter(([, box]) => box.value !== "").map(([what, box]) => [what, Number(box.value)]);
    const places = chosen.map(([, at]) => at);
    const twice = chosen.find(([, at]) => places.filter((each) => each === at).length > 1);
    if (twice) throw new AskError(`The column ${table.names[twice[1]]} is chosen twice: a column is one thing.`, "WRONG_COLUMNS");
    const words = [];
    const signature = { genes: table.column(Number(boxes.gene.value)) };
    for (const [what, at] of chosen.filter(([what]) => what !== "gene")) {
      const told = numbers(table.column(at), table.names[at]);
      signature[what] = told.values;
      if (told.words) words.push(`${many(told.words, "cell")} of ${table.names[at]}`);
    }
    const own = given();
    Object.assign(signature, { taxon: own.taxon, label: own.label || stem(held.file.name), duplicates: own.duplicates, cut: own.cut, engineered: several(own.engineered), tissue: own.tissue || null, cellType: own.cell_type || null });
    return { signature, words, question: { disease: own.disease || null, level: own.level, policy: own.policy } };
  }

  async function matched(event) {
    event.preventDefault();
    if (!held) return;
    now.disabled = true;
    out.replaceChildren(el("p", { class: "wait", "aria-busy": "true" }, "Comparing…"));
    try {
      const { signature, words, question } = asked();
      if (JSON.stringify(signature).length > BODY) throw new AskError("The table is too large to be answered while you wait: run it as a job.", "LIMIT_EXCEEDED");
      const found = await all({ signature, ...question }, still);
      if (!still()) return;
      const head = el("h2", { tabindex: "-1" }, lead(found, signature.label));
      out.replaceChildren(head,
        ...(words.length ? [el("p", { class: "note" }, `No numbers, and taken as missing: ${words.join(", ")}.`)] : []),
        ...answer(found, [], [null, "human state or model"], "computed for this answer, and not stored"));
      focusOn(head);
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      if (still()) out.replaceChildren(trouble(error), LONG.has(error.code) ? el("p", { class: "note" }, "A job has an hour where an answer has half a minute: use the other button.") : "");
    } finally {
      now.disabled = false;
    }
  }

  async function submitted() {
    if (!held || !made.reportValidity()) return;
    later.disabled = true;
    const stop = new AbortController();
    try {
      const upload = await send(held.file, (step, at) => (told.textContent = `${held.file.name}: ${step === "read" ? "reading" : "sent"} ${bytes(at)} of ${bytes(held.file.size)}`), stop.signal);
      const extra = sets.files[0] ? await send(sets.files[0], () => {}, stop.signal) : null;
      const own = given();
      const texts = { taxon: SPECIES[own.taxon], tissue: own.tissue, cell_type: own.cell_type, label: own.label || stem(held.file.name), cut: own.cut, duplicates: own.duplicates, disease: own.disease, level: own.level, policy: own.policy, table: upload.id, sets: extra?.id };
      const named = Object.entries(held.boxes).filter(([, box]) => box.value !== "").map(([what, box]) => [what, held.table.names[Number(box.value)]]);
      const parts = several(own.engineered);
      const sent = [...Object.entries(texts), ...named].filter(([, value]) => value).map(([name, value]) => ({ name, value }));
      const { submitJob } = await askAgain(SUBMIT_JOB, { kind: "SIGNATURE", arguments: [...sent, ...(parts.length ? [{ name: "engineered", values: parts }] : [])] });
      say("The job was submitted");
      if (still()) go({ view: "jobs", id: submitJob.curie.split("/").at(-1) });
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      out.replaceChildren(trouble(error));
    } finally {
      later.disabled = false;
    }
  }

  const diseases = once(diseaseStates.nodes.map((each) => each.disease));
  const drop = el("div", { class: "drop", role: "group", "aria-label": "Your table" },
    el("div", { class: "field" }, el("label", { for: input.id }, "Drop a table here, or choose it (.tsv, .csv, .txt)"), input), el("div", { class: "coming" }, told));
  for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", over);
      if (name === "drop" && event.dataTransfer.files[0]) begin(event.dataTransfer.files[0]);
    });
  }
  const duplicates = select("duplicates", DUPLICATES.map((each) => [each, each.replace("_", " ")]), "refuse");
  const level = select("level", plain(LEVELS), state.level);
  const policy = select("policy", plain(POLICIES), state.policy);
  const made = el("form", { class: "ask tall jobform", "aria-label": "Your table", on: { submit: matched } },
    drop, columns,
    el("div", { class: "line" }, field("Species", taxon), listed("tissue", once(contrasts.nodes.map((each) => each.tissue)), "name or UBERON id"), listed("cell_type", once(contrasts.nodes.map((each) => each.cellType)), "name or CL id"), listed("disease", diseases, "all diseases")),
    el("div", { class: "line" }, field("Level", level), field("Orthologs", policy), field("Name in the answer", label)),
    el("details", {}, el("summary", {}, "More settings"), el("div", { class: "line" },
      field("Genes engineered in the model (separate several with ;)", engineered), field("Several rows of one gene", duplicates),
      field("Cut to some genes by this rule (empty: all genes tested)", cut), field("Gene sets to compare (GMT; as a job only)", sets))),
    el("div", { class: "line buttons" }, now, later));
  return [made, out];
}

const stem = (name) => name.replace(/\.(tsv|csv|txt)$/i, "");

const several = (text) => (text ?? "").split(";").map((part) => part.trim()).filter(Boolean);

/** All pages of the answer, up to a bound; not kept, since its question is as large as the table. */
async function all(variables, still) {
  const rows = [];
  let after = null;
  for (;;) {
    const { found, problems } = await askAgain(MATCH_SIGNATURE, { ...variables, after });
    if (!found) throw problems[0];
    rows.push(...found.nodes);
    if (!found.pageInfo.hasNextPage || rows.length >= MOST || !still()) return { ...found, nodes: rows };
    after = found.pageInfo.endCursor;
  }
}

/** What the answer comes to, in a sentence; that nothing matches comes first where nothing does. */
function lead(found, label) {
  const tested = found.nodes.filter((each) => each.status !== "UNTESTABLE");
  const agree = tested.find((each) => ["SUPPORTED", "NONSPECIFIC"].includes(each.status));
  if (agree) return agree.sentence ?? `${label} matches ${agree.humanLabel}.`;
  if (!found.nodes.length) return `${label} matches nothing: no human state is available to compare it with.`;
  if (!tested.length) return `Nothing is claimed about ${label}: none of ${many(found.nodes.length, "comparison")} can be tested; each says why.`;
  const against = tested.filter((each) => each.status === "DISCORDANT");
  if (against.length) return `${label} matches nothing here: its changes go the opposite way to ${against.length === 1 ? against[0].humanLabel : `${against.length} states`}.`;
  return `${label} matches nothing here: none of ${many(tested.length, "comparison")} agrees beyond what noise gives.`;
}
