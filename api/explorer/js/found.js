/** What a job found: cells on their atlas, or its summary as facts and tables. */

import { AskError, request } from "./ask.js";
import { el } from "./dom.js";
import { mapped } from "./mapped.js";
import { table } from "./table.js";
import { trouble } from "./trouble.js";

const PICTURE = "picture.json";
const MOST_KEPT = 4;
const pictures = new Map();

export async function found(job, state, still) {
  const file = job.files.find((each) => each.name === PICTURE);
  if (!file) return summary(job.summary ?? {});
  try {
    const picture = await kept(file);
    return still() ? mapped(job.summary, picture, state) : null;
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    return [trouble(error), ...summary(job.summary ?? {})];
  }
}

/** A picture never changes: the last few are not fetched again. */
function kept(file) {
  if (!pictures.has(file.path)) {
    if (pictures.size >= MOST_KEPT) pictures.delete(pictures.keys().next().value);
    const asked = request("GET", file.path).then((answer) => answer.json());
    pictures.set(file.path, asked);
    asked.catch(() => pictures.delete(file.path));
  }
  return pictures.get(file.path);
}

const words = (name) => name.replaceAll("_", " ");
const isRows = (value) => Array.isArray(value) && value.length > 0 && value.every((each) => each && typeof each === "object" && !Array.isArray(each));
const flat = (value) => (value === null || value === undefined ? "" : Array.isArray(value) ? value.map(flat).join(", ") : typeof value === "object" ? Object.entries(value).map(([name, each]) => `${name}: ${flat(each)}`).join(", ") : value);
const shown = (value) => (typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : String(flat(value)));

export function summary(told) {
  const entries = Object.entries(told);
  const facts = entries.filter(([, value]) => !isRows(value) && flat(value) !== "");
  return [
    facts.length > 0 && el("section", { class: "block" }, el("h2", {}, "What it found"),
      el("dl", { class: "facts plain" }, facts.map(([name, value]) => el("div", {}, el("dt", {}, words(name)), el("dd", {}, shown(value)))))),
    ...entries.filter(([, value]) => isRows(value)).map(([name, rows]) => {
      const heads = [...new Set(rows.flatMap(Object.keys))];
      return table({
        name: words(name), title: words(name).replace(/^./, (c) => c.toUpperCase()), level: "h2",
        columns: heads.map((head, at) => ({
          head: words(head), value: (row) => flat(row[head]), show: (row) => shown(row[head]), main: at === 0,
          number: rows.every((row) => row[head] === null || row[head] === undefined || typeof row[head] === "number"),
        })),
        rows,
      });
    }),
  ];
}
