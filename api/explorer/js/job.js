/** One job: its progress, its arguments, why it failed, and its result. */

import { go, href } from "./address.js";
import { askAgain, AskError, request } from "./ask.js";
import { day } from "./atlases.js";
import { CANCEL_JOB, DELETE_JOB, JOB } from "./documents.js";
import { el, focusOn, redraw, say } from "./dom.js";
import { ENDED, follow } from "./follow.js";
import { bytes, many } from "./format.js";
import { found } from "./found.js";
import { table } from "./table.js";
import { trouble } from "./trouble.js";

const SIGNS = { QUEUED: "…", RUNNING: "▸", DONE: "✓", FAILED: "✕", CANCELLED: "–" };

export const pill = (state) => el("span", { class: "pill", "data-job": state }, el("span", { "aria-hidden": "true" }, SIGNS[state] ?? ""), state.toLowerCase());

export async function job(root, state, kinds, still) {
  const data = await askAgain(JOB, { id: state.id });
  if (!still()) return;
  if (!data.job) throw data.problems[0];
  const now = data.job;
  const title = kinds.find((each) => each.kind === now.kind)?.title ?? now.kind;
  const live = progress(now);
  const answer = now.state === "DONE" ? await found(now, state, still) : null;
  if (!still()) return;
  redraw(root,
    el("div", { class: "question" },
      el("p", { class: "sub" }, el("a", { href: href({ view: "jobs" }) }, "Jobs"), " / ", title),
      el("h1", {}, [title, ...now.arguments.map((each) => each.file).filter(Boolean)].join(": "))),
    el("div", { class: "stack" },
      live.node,
      now.error && el("section", { class: "trouble", role: "alert" }, el("h2", {}, "It failed"), el("p", {}, now.error.message), now.error.fix && el("p", {}, `What to do: ${now.error.fix}`), el("p", { class: "sub" }, now.error.code)),
      answer,
      now.files.length > 0 && files(now),
      asked(now)),
  );
  if (!ENDED.has(now.state.toLowerCase())) watch(root, state, kinds, now, live, still);
}

/** Follows it while the page is open, and shows its end. */
async function watch(root, state, kinds, now, live, still) {
  const end = await follow(now, still, live.heard);
  if (!end || !still()) return;
  say(`The job is ${end}`);
  if (end === "gone") return go({ view: "jobs" }, { replace: true });
  const held = root.contains(document.activeElement);
  try {
    await job(root, state, kinds, still);
    if (held && still()) focusOn(root.querySelector("h1"));
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    if (still()) root.replaceChildren(el("h1", {}, "Job"), trouble(error));
  }
}

/** State, progress bar and buttons; `heard(line)` updates them. */
function progress(now) {
  const ended = ENDED.has(now.state.toLowerCase());
  const state = el("span", {}, pill(now.state));
  const bar = el("progress", { "aria-label": "Progress of the job", hidden: ended, ...(now.progress.total ? { max: now.progress.total, value: now.progress.done } : {}) });
  const words = el("span", { class: "note" }, spoken(now.progress, ended));
  const wrong = el("div");
  const heard = (line) => {
    if (line.state) state.replaceChildren(pill(line.state.toUpperCase()));
    if (line.total === undefined) return;
    if (line.total) [bar.max, bar.value] = [line.total, line.done];
    words.textContent = spoken(line, false);
  };
  const tried = (act) => async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      button.disabled = false;
      wrong.replaceChildren(trouble(error));
    }
  };
  const cancel = el("button", { type: "button", class: "quiet", on: { click: tried(() => askAgain(CANCEL_JOB, { id: now.curie })) } }, "Cancel");
  const sure = el("button", { type: "button", class: "quiet", hidden: true, on: { click: tried(async () => {
    await askAgain(DELETE_JOB, { id: now.curie });
    say("The job is deleted");
    go({ view: "jobs" });
  }) } }, "Yes, delete it and its output");
  const remove = el("button", { type: "button", class: "quiet", on: { click: () => {
    [sure.hidden, remove.hidden] = [false, true];
    sure.focus();
  } } }, "Delete");
  const node = el("section", { class: "block jobstate", "aria-label": "State of the job" },
    el("div", { class: "coming" }, state, bar, words, !ended && cancel, remove, sure),
    el("p", { class: "sub" }, times(now)), wrong);
  return { node, heard };
}

const spoken = ({ done, total, message }, ended) => [total ? `${done} of ${total}` : "", ended ? "" : message].filter(Boolean).join(", ");

const clock = (when) => `${day(when)} ${when.slice(11, 19)} UTC`;

const times = (now) =>
  [`Submitted ${clock(now.submitted)}`, now.started && `started ${clock(now.started)}`, now.ended && `ended ${clock(now.ended)}`, now.attempt > 1 && `${now.attempt} attempts`].filter(Boolean).join(", ") + ".";

/** Downloads a file; the request needs a token, so it cannot be a plain link. */
async function fetched(file) {
  const answer = await request("GET", file.path);
  const url = URL.createObjectURL(await answer.blob());
  const link = el("a", { href: url, download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
  say(`Downloaded ${file.name}`);
}

function failed(error, button) {
  if (!(error instanceof AskError)) throw error;
  button.closest("section").append(trouble(error));
}

const files = (now) =>
  table({
    name: "files of the job", title: many(now.files.length, "file"), level: "h2",
    columns: [
      { head: "file", value: (f) => f.name, main: true },
      { head: "size", value: (f) => f.size, show: (f) => bytes(f.size), number: true },
      { head: "sha256", value: (f) => f.sha256, show: (f) => el("span", { class: "id" }, f.sha256.slice(0, 16)), tight: true },
      { head: "download", show: (f) => el("button", { type: "button", class: "quiet", "aria-label": `Download ${f.name}`, on: { click: ({ target }) => fetched(f).catch((error) => failed(error, target)) } }, "Download"), tight: true },
    ],
    rows: now.files,
  });

const asked = (now) =>
  el("section", { class: "block" }, el("h2", {}, "Arguments"),
    el("dl", { class: "facts plain" },
      now.arguments.map((each) => el("div", {}, el("dt", {}, each.name.replaceAll("_", " ")), el("dd", {}, each.file ?? each.values.join("; ")))),
      now.version && el("div", {}, el("dt", {}, "based on"), el("dd", { class: "id" }, now.version)),
      el("div", {}, el("dt", {}, "id"), el("dd", { class: "id" }, now.curie))));
