/** Jobs: drop a file, choose its columns, follow the progress, open the answer. */

import { href } from "./address.js";
import { ask, askAgain, AskError } from "./ask.js";
import { day } from "./atlases.js";
import { DELETE_UPLOAD, JOB_KINDS, JOB_SPACE, JOBS } from "./documents.js";
import { el, focusOn, redraw, say } from "./dom.js";
import { ENDED } from "./follow.js";
import { bytes, many } from "./format.js";
import { job, pill } from "./job.js";
import { form } from "./jobform.js";
import { table } from "./table.js";
import { trouble } from "./trouble.js";

const AGAIN = 3000;

export const title = (state) => (state.id ? "Job" : "Jobs");

export async function view(root, state, before, still) {
  if (before?.view !== state.view) root.replaceChildren(el("h1", {}, "Jobs"), el("p", { class: "wait", "aria-busy": "true" }, "Asking…"));
  const { jobKinds } = await ask(JOB_KINDS);
  if (!still()) return;
  const moved = before?.view === state.view && before?.id !== state.id;
  if (state.id) await job(root, state, jobKinds, still);
  else await all(root, state, jobKinds, still);
  if (moved && still()) focusOn(root.querySelector("h1"));
}

async function all(root, state, jobKinds, still) {
  const [{ jobs }, { jobSpace }] = await Promise.all([askAgain(JOBS), askAgain(JOB_SPACE)]);
  if (!still()) return;
  const lists = el("div", {}, list(jobs, jobKinds));
  redraw(root,
    el("div", { class: "question" },
      el("h1", {}, "Jobs"),
      el("p", { class: "lead" }, "Long-running work runs in a process of its own: map a small study to an atlas, or match cells of your own. You can go on working, or close the page.")),
    form(jobKinds, state, still),
    el("div", { class: "stack" }, lists, room(jobSpace)),
  );
  renew(lists, jobs, jobKinds, still);
}

/** The list is reloaded until all of its jobs have ended. */
async function renew(place, shown, kinds, still) {
  let jobs = shown;
  while (jobs.nodes.some((each) => !ENDED.has(each.state.toLowerCase()))) {
    await new Promise((done) => setTimeout(done, AGAIN));
    if (!still()) return;
    try {
      ({ jobs } = await askAgain(JOBS));
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      continue;
    }
    if (!still()) return;
    if (!place.contains(document.activeElement)) place.replaceChildren(list(jobs, kinds));
  }
}

export const hexOf = (curie) => curie.split("/").at(-1);

function list(jobs, kinds) {
  const titles = Object.fromEntries(kinds.map((each) => [each.kind, each.title]));
  const shown = jobs.nodes.filter((each) => each.kind !== "INSPECT");
  if (!shown.length) return el("section", { class: "block" }, el("h2", {}, "Your jobs"), el("p", { class: "note" }, "None yet."));
  const file = (each) => each.arguments.map((a) => a.file).filter(Boolean).join(", ");
  return table({
    name: "jobs", title: "Your jobs", level: "h2",
    note: jobs.pageInfo.hasNextPage ? `The newest ${jobs.nodes.length} of ${jobs.totalCount} are shown.` : null,
    columns: [
      { head: "job", value: (j) => titles[j.kind] ?? j.kind, show: (j) => el("a", { href: href({ view: "jobs", id: hexOf(j.curie) }) }, titles[j.kind] ?? j.kind), main: true },
      { head: "file", value: file, wide: true },
      { head: "state", value: (j) => j.state.toLowerCase(), show: (j) => pill(j.state), tight: true },
      { head: "done", value: (j) => (j.progress.total ? `${j.progress.done} of ${j.progress.total}` : ""), tight: true },
      { head: "submitted", value: (j) => j.submitted, show: (j) => `${day(j.submitted)} ${j.submitted.slice(11, 16)} UTC`, tight: true },
    ],
    rows: shown,
  });
}

/** Uploaded files, and how much space is left. */
function room(space) {
  const place = el("section", { class: "block", "aria-label": "Uploaded files" });
  const drop = async (upload) => {
    try {
      const { deleteUpload } = await askAgain(DELETE_UPLOAD, { id: upload.id });
      draw(deleteUpload);
      say(`Deleted ${upload.name}`);
      place.querySelector("h2").focus();
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      place.append(trouble(error));
    }
  };
  const draw = (now) =>
    place.replaceChildren(
      el("h2", { tabindex: "-1" }, many(now.uploads.length, "uploaded file", "uploaded files")),
      el("p", { class: "note" }, `${bytes(now.used)} of ${bytes(now.most)} are used, by uploads and by the output of jobs. Only you can see them; they are kept for ${many(now.days, "day")} after their last use, and removed from disk when you delete them.`),
      el("ul", { class: "sent" }, now.uploads.map((each) =>
        el("li", {},
          el("b", {}, each.name), ` ${bytes(each.size)}${each.complete ? "" : `, of which ${bytes(each.received)} were received: choose the same file again to resume`} `,
          el("button", { type: "button", class: "quiet", "aria-label": `Delete ${each.name}`, on: { click: () => drop(each) } }, "Delete")))),
    );
  draw(space);
  return place;
}
