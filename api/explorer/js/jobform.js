/** The form of a job, generated from the declaration of its kind: files to drop, their columns, the other arguments. */

import { go, read } from "./address.js";
import { askAgain, AskError } from "./ask.js";
import { JOB, SUBMIT_JOB } from "./documents.js";
import { dropped } from "./dropped.js";
import { el, say } from "./dom.js";
import { follow } from "./follow.js";
import { many, row } from "./format.js";
import { field } from "./jobfield.js";
import { trouble } from "./trouble.js";

const HIDDEN = "INSPECT";
const CELLS = ".h5ad";

export function form(kinds, state, still) {
  const offered = kinds.filter((each) => each.kind !== HIDDEN);
  const kind = offered.find((each) => each.kind === state.kind?.toUpperCase()) ?? offered.find((each) => each.kind === "MAP") ?? offered[0];
  if (!kind) return el("p", { class: "note" }, "This server has no kinds of jobs.");
  const files = new Map();
  const answer = el("div", { class: "answer" });
  const told = el("p", { class: "note", role: "status" });
  const fields = new Map(kind.arguments.map((each) => [each, field(each, state)]));
  let found = null;
  const renew = () => found && [...fields.values()].forEach((each) => each.renew(found, (name) => String(new FormData(made).get(name) ?? "").trim()));
  const arrived = async (name, upload) => {
    files.set(name, upload);
    answer.replaceChildren();
    if (!upload?.name.toLowerCase().endsWith(CELLS)) return;
    found = await inspected(upload, told, still);
    renew();
  };
  const send = async (event) => {
    event.preventDefault();
    const missing = kind.files.find((each) => each.required && !files.get(each.name));
    if (missing) return answer.replaceChildren(trouble(new AskError(`Choose a file (${missing.suffixes.join(", ")}) and wait until it is uploaded.`, "ARGUMENT")));
    const button = made.querySelector("button.main");
    button.disabled = true;
    try {
      const sent = [...files].filter(([, upload]) => upload).map(([name, upload]) => ({ name, value: upload.id }));
      const { submitJob } = await askAgain(SUBMIT_JOB, { kind: kind.kind, arguments: [...given(kind, made), ...sent] });
      say("The job was submitted");
      go({ view: "jobs", id: submitJob.curie.split("/").at(-1) });
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      button.disabled = false;
      answer.replaceChildren(trouble(error));
    }
  };
  const nodes = (fits) => kind.arguments.filter(fits).map((each) => fields.get(each).node);
  const isNear = (each) => each.required || each.offered;
  const far = nodes((each) => !isNear(each));
  const ways = kind.either.map((names) => row(names)).join(", or ");
  const made = el("form", { class: "ask tall jobform", "aria-label": "A new job", on: { submit: send, change: renew } },
    el("div", { class: "line" },
      el("div", { class: "field" }, el("label", { for: "kind" }, "Kind of job"),
        el("select", { id: "kind", on: { change: (event) => go({ ...read(), kind: event.target.value.toLowerCase() }, { replace: true }) } },
          offered.map((each) => el("option", { value: each.kind, selected: each === kind }, each.title))))),
    ways && el("p", { class: "note" }, `Send ${ways}.`),
    kind.files.map((each) => dropped(each, (upload) => arrived(each.name, upload), still)),
    kind.files.length > 0 && told,
    el("div", { class: "line" }, nodes(isNear)),
    far.length > 0 && el("details", {}, el("summary", {}, many(far.length, "more setting")), el("div", { class: "line" }, far)),
    el("button", { type: "submit", class: "main" }, "Submit"),
    answer,
  );
  return made;
}

/** Several values are ticked, or typed with ; between them. */
function given(kind, form) {
  const data = new FormData(form);
  const texts = (each) => data.getAll(each.name).map((value) => String(value).trim()).filter(Boolean);
  const isTicked = (each) => form.querySelector(`[name="${each.name}"]`)?.type === "checkbox";
  const parts = (each, values) => (isTicked(each) ? values : values[0].split(";").map((part) => part.trim()).filter(Boolean));
  return kind.arguments
    .map((each) => [each, texts(each)])
    .filter(([, values]) => values.length)
    .map(([each, values]) => (each.several ? { name: each.name, values: parts(each, values) } : { name: each.name, value: values[0] }));
}

/** The columns of a file of cells, listed by a separate job; null if they could not be read. */
async function inspected(upload, told, still) {
  told.textContent = "Reading its columns…";
  try {
    const { submitJob } = await askAgain(SUBMIT_JOB, { kind: HIDDEN, arguments: [{ name: "cells", value: upload.id }] });
    const state = await follow(submitJob, still, (line) => line.message && (told.textContent = `Reading its columns: ${line.message}`));
    if (!state) return null;
    const { job } = await askAgain(JOB, { id: submitJob.curie });
    if (job.state !== "DONE") throw new AskError(job.error?.message ?? "The job was stopped.", job.error?.code ?? HIDDEN);
    const found = job.summary;
    told.textContent = `${many(found.cells, "cell")}, ${many(found.genes, "gene")}, counts in ${found.counts_in}. Columns: ${found.columns.map((each) => each.name).join(", ")}.`;
    say("The columns of the file are listed");
    return found;
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    if (still()) told.textContent = `Its columns could not be read: ${error.message} You can type them instead.`;
    return null;
  }
}
