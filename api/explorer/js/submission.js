/** One submission to an atlas: what each gate found, before and after, its reviews, and the form for a review. */

import { href } from "./address.js";
import { askAgain, AskError, forget } from "./ask.js";
import { day } from "./atlases.js";
import { REVIEW_SUBMISSION, SUBMISSION } from "./documents.js";
import { el, focusOn, redraw, say } from "./dom.js";
import { count, many } from "./format.js";
import { standing } from "./standing.js";
import { table } from "./table.js";
import { trouble } from "./trouble.js";

const OPEN = new Set(["failed", "underpowered", "passed"]);

export const title = (state) => `Submission ${state.id ?? ""}`;

export async function view(root, state, before, still) {
  if (before?.view !== state.view) root.replaceChildren(el("h1", {}, "Submission"), el("p", { class: "wait", "aria-busy": "true" }, "Asking…"));
  if (!/^\d{1,9}$/.test(state.id ?? "")) throw new AskError("A submission is identified by its number.", "ARGUMENT");
  const data = await askAgain(SUBMISSION, { number: Number(state.id) });
  if (!still()) return;
  if (!data.submission) throw data.problems[0];
  const found = data.submission;
  redraw(root,
    el("div", { class: "question" },
      el("p", { class: "sub" }, el("a", { href: href({ view: "atlases", id: found.atlas }) }, `Atlas ${found.atlas}`), " / submissions"),
      el("h1", {}, `Submission ${found.number}: ${found.message}`),
      el("p", {}, standing(found.status)),
      el("p", { class: "lead" }, lead(found)),
      found.rechecked.length > 0 && el("p", { class: "note" }, `Submitted on ${day(found.when)}, and checked ${found.rechecked.length + 1} times as its branch moved: only reviews of the last check count.`),
      found.version && el("p", { class: "note" }, "It became version ", el("a", { href: href({ view: "atlases", id: found.version.curie }) }, found.version.label), ".")),
    el("div", { class: "stack" },
      found.report ? gates(found.report) : data.problems.map((each) => trouble(each)),
      found.report && types(found.report),
      found.report && touched(found.report),
      reviews(found),
      OPEN.has(found.status) && found.report && form(found, root, state, still)),
  );
}

const lead = (s) =>
  `${s.author}${s.verified ? "" : " (unverified)"}${s.orcid ? `, ${s.orcid},` : ""} proposes ${s.report?.studies.join(", ") || "a change"} for ${s.branch === "main" ? s.atlas : `${s.atlas}/${s.branch}`}: ${many(s.donors, "donor")}, ${many(s.cells, "cell")}; checked against ${s.base?.label ?? "a version"} on ${day(checked(s))}.`;

const checked = (s) => s.rechecked.at(-1) ?? s.when;

const number = (value) => (value === null ? "–" : String(Number(value.toPrecision(4))).replace("-", "−"));

function gates(report) {
  return el("section", { class: "block" }, el("h2", {}, many(report.gates.length, "gate")),
    report.gates.map((gate) =>
      el("details", { class: "gate", open: ["failed", "underpowered"].includes(gate.outcome) },
        el("summary", {}, `${gate.id} ${gate.name} `, standing(gate.outcome), gate.reason && ` ${gate.reason}`),
        gate.lines.length > 0 && table({
          name: `${gate.id} ${gate.name}`, caption: `Checks of ${gate.id} ${gate.name}`,
          columns: [
            { head: "of", value: (l) => l.of, show: (l) => (l.stops ? [l.of, " ", el("strong", { class: "no" }, "blocks")] : l.of), main: true },
            ...[["old", "old"], ["new", "new"], ["value", "value"], ["limit", "limit"], ["lowest", "lowest"], ["highest", "highest"]]
              .filter(([key]) => gate.lines.some((line) => line[key] !== null))
              .map(([key, head]) => ({ head, value: (l) => l[key], show: (l) => number(l[key]), number: true })),
            { head: "note", value: (l) => l.note, wide: true },
          ],
          rows: gate.lines,
        }),
        gate.fix && gate.outcome !== "passed" && el("p", { class: "note" }, `What to do: ${gate.fix}`))));
}

function types(report) {
  if (!report.newTypes.length) return null;
  return table({
    name: "new types", title: many(report.newTypes.length, "new type"), level: "h2",
    columns: [
      { head: "type", value: (t) => t.label, main: true },
      { head: "under", value: (t) => t.parentCl, tight: true },
      { head: "standing", value: (t) => t.standing.replace("_", " "), tight: true },
      { head: "donors", value: (t) => t.donors, show: (t) => count(t.donors), number: true },
      { head: "cells", value: (t) => t.cells, show: (t) => count(t.cells), number: true },
      { head: "markers", value: (t) => t.markers.map((m) => `${m.gene} ${number(m.effect)} (${m.donors} donors)`).join(", "), wide: true },
    ],
    rows: report.newTypes,
  });
}

function touched(report) {
  const list = (head, texts) => texts.length > 0 && [el("h3", {}, head), el("ul", {}, texts.map((text) => el("li", {}, text)))];
  const parts = [list("Affected", report.affected), list("Untouched", report.untouched), list("Verdicts that would change", report.flips), list("Notes", report.notes)].filter(Boolean);
  return parts.length > 0 && el("section", { class: "block" }, el("h2", {}, "What it affects"), parts);
}

function reviews(found) {
  const said = found.reviews;
  return el("section", { class: "block" }, el("h2", {}, many(said.length, "review")),
    said.length === 0 ? el("p", { class: "note" }, "Nobody has reviewed it yet.")
      : el("ul", {}, said.map((r) => el("li", {}, el("strong", {}, r.decision), ` by ${r.reviewer}${r.own ? ", its author" : ""}${r.verified ? "" : " (unverified)"}${r.when > checked(found) ? "" : ", of an earlier check,"} on ${day(r.when)}${r.override.length ? `, overrides ${r.override.join(", ")}` : ""}: ${r.why}`))));
}

/** The two buttons, with the reason that each requires. */
function form(found, root, state, still) {
  const failing = found.report.gates.filter((gate) => gate.outcome === "failed");
  const answer = el("div", { class: "answer", "aria-live": "polite" });
  const why = el("textarea", { id: "why", rows: 3, maxlength: 2000, required: true, "aria-describedby": "whynote" });
  const ticks = failing.map((gate) => [gate.id, el("input", { type: "checkbox", id: `override-${gate.id}` })]);
  const send = async (accept) => {
    if (!why.reportValidity()) return;
    const override = accept ? ticks.filter(([, tick]) => tick.checked).map(([id]) => id) : [];
    try {
      await askAgain(REVIEW_SUBMISSION, { number: found.number, accept, why: why.value, override });
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      if (still()) answer.replaceChildren(trouble(error));
      return;
    }
    forget();
    if (!still()) return;
    await view(root, state, state, still);
    say(`Your review of submission ${found.number} is recorded`);
    if (still()) focusOn(root.querySelector("h1"));
  };
  return el("section", { class: "block" }, el("h2", {}, "Review"),
    el("p", { class: "note", id: "whynote" }, `${many(found.reviewersDue, "reviewer")} ${found.reviewersDue === 1 ? "still has" : "still have"} to accept it. Its author does not count unless the policy of the atlas allows it. A review needs a token with the scope curate, whose name is recorded.`),
    el("form", { class: "ask review", "aria-label": "Review", on: { submit: (event) => event.preventDefault() } },
      el("div", { class: "field" }, el("label", { for: "why" }, "Your evidence or reasoning"), why),
      failing.length > 0 && el("fieldset", { class: "values" }, el("legend", {}, "Gates that you override; your reason is shown with every answer of the version"),
        ticks.map(([id, tick]) => el("div", { class: "tick" }, tick, el("label", { for: `override-${id}` }, id)))),
      el("button", { type: "button", class: "main", on: { click: () => send(true) } }, "Accept"),
      el("button", { type: "button", class: "main refuse", on: { click: () => send(false) } }, "Refuse")),
    answer);
}
