/** Curating in the page: a verdict proposed, and one reviewed by somebody else. The server holds the rules. */

import { href } from "./address.js";
import { ask, askAgain, AskError, forget } from "./ask.js";
import { PROPOSE_CURATION, REVIEW_CURATION, VIEWER } from "./documents.js";
import { el, fresh, say } from "./dom.js";
import { trouble } from "./trouble.js";

const SIGNS = { proposed: "…", accepted: "✓", declined: "✕", superseded: "–" };
const VERDICTS = { comment: "comment only", accept: "accept: it is right", reject: "reject: it is wrong" };
const MOST = 2000;

export const viewer = async () => (await ask(VIEWER)).viewer;

export const may = (who) => who.scopes.includes("curate");

export const stands = (state) => el("span", { class: "pill", "data-said": state }, el("span", { "aria-hidden": "true" }, SIGNS[state] ?? ""), state);

/** Why there is no form, and how a curation is made nevertheless. */
export function barred(who, about = "") {
  if (!who.name) return "";
  const command = `orthokg curate propose ${about || "ID"} --accept --why "…" --who NAME`;
  return who.name === "anonymous"
    ? el("p", { class: "note" }, "A curation names its curator, and this server has no tokens: start it with ORTHOKG_TOKENS (", el("a", { href: "/docs/how-to/deploy/", target: "_blank" }, "how"), "), or use ", el("code", {}, command), ", which also works while it runs.")
    : el("p", { class: "note" }, `Your token (${who.name}) may not curate: ask the operator of this server for the scope curate.`);
}

function reason(label) {
  const id = fresh("why");
  const box = el("textarea", { id, name: "why", rows: 3, maxlength: MOST, required: true });
  return [el("div", { class: "field" }, el("label", { for: id }, label), box), box];
}

/** Sends once; `done` draws what has changed. */
async function sent(document, variables, answer, buttons, done) {
  for (const each of buttons) each.disabled = true;
  try {
    await askAgain(document, variables);
    forget();
    await done();
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    answer.replaceChildren(trouble(error));
  } finally {
    for (const each of buttons) each.disabled = false;
  }
}

/** `about`: { match } or { ends: [one, other] }, or null where the form asks for it; `earlier`: curations that this one may replace. */
export function proposing(about, earlier, done) {
  const [field, why] = reason("Your evidence or reasoning");
  const answer = el("div", { class: "answer", "aria-live": "polite" });
  const verdict = el("select", { id: fresh("verdict"), name: "verdict" }, Object.entries(VERDICTS).map(([name, label]) => el("option", { value: name }, label)));
  const replaces = el("select", { id: fresh("replaces"), name: "replaces" }, el("option", { value: "" }, "none"), earlier.map((each) => el("option", { value: each.id }, `${each.verdict} by ${each.who}, ${each.when.slice(0, 10)}`)));
  const named = about ? [] : [["one", "Match, or one end of a mapping (id)", true], ["other", "Other end of the mapping", false]].map(([name, label, required]) => {
    const box = el("input", { id: fresh(name), name, autocomplete: "off", spellcheck: "false", required });
    return { box, node: el("div", { class: "field" }, el("label", { for: box.id }, label), box) };
  });
  const button = el("button", { type: "submit", class: "main" }, "Propose");
  const send = (event) => {
    event.preventDefault();
    const [one, other] = named.map(({ box }) => box.value.trim());
    const of = about ?? (other ? { ends: [one, other] } : { match: one });
    sent(PROPOSE_CURATION, { ...of, verdict: verdict.value, why: why.value, supersedes: replaces.value || null }, answer, [button], async () => {
      await done();
      say("Your curation is proposed; somebody else reviews it");
    });
  };
  return el("form", { class: "ask review", "aria-label": "Propose a curation", on: { submit: send } },
    named.map(({ node }) => node),
    el("div", { class: "field short" }, el("label", { for: verdict.id }, "Your verdict"), verdict),
    earlier.length > 0 && el("div", { class: "field" }, el("label", { for: replaces.id }, "Replaces, once accepted"), replaces),
    field, button, answer);
}

/** The two buttons for what somebody else proposed. */
export function reviewing(curation, done) {
  const [field, why] = reason("Why (optional)");
  why.required = false;
  const answer = el("div", { class: "answer", "aria-live": "polite" });
  const buttons = [["Accept", true, "main"], ["Decline", false, "main refuse"]].map(([label, accept, kind]) =>
    el("button", { type: "button", class: kind, on: { click: () => sent(REVIEW_CURATION, { id: curation.id, accept, why: why.value }, answer, buttons, async () => {
      await done();
      say(accept ? "You accepted the curation" : "You declined the curation");
    }) } }, label));
  return el("form", { class: "ask review", "aria-label": `Review of ${curation.verdict} by ${curation.who}`, on: { submit: (event) => event.preventDefault() } }, field, buttons, answer);
}

const same = (one, other) => one.trim().toLowerCase() === other.trim().toLowerCase();

/** One curation with its review, or the form for one. `about`: whether to say what it is about. */
export function said(c, who, done, about = false) {
  const own = same(c.who, who.name);
  return el("li", { "data-curation": c.id },
    el("p", {}, stands(c.state), " ", el("b", {}, c.verdict), `: ${c.why}`),
    about && el("p", { class: "sub" }, "About ", c.kind === "match" ? el("a", { href: href({ match: c.about }) }, c.about) : c.about),
    el("p", { class: "sub" }, `${c.who}, ${c.when.slice(0, 10)}`, c.reviewer && `; reviewed by ${c.reviewer}${c.reviewWhy ? `: ${c.reviewWhy}` : ""}`, c.note && `. ${c.note}`),
    c.state === "proposed" && may(who) && (own ? el("p", { class: "note" }, "You proposed this: somebody else reviews it.")
      : el("details", {}, el("summary", {}, "Review it"), reviewing(c, done))));
}

/** Beside a match: what was said of it, and the forms. `told`: { found, why }; `again`: reads the curations once more. */
export function curated(match, told, who, again) {
  const place = el("section", { class: "block curating", "aria-label": "Curations" });
  const draw = (now) => place.replaceChildren(
    el("div", { class: "blockhead" }, el("h3", { tabindex: "-1" }, "What curators said")),
    now.found.length ? el("ul", { class: "curations" }, now.found.map((each) => said(each, who, renew))) : el("p", { class: "note" }, now.why ?? "No curator has judged this match yet."),
    ...(now.why ? [] : [may(who) ? el("details", {}, el("summary", {}, "Propose a curation"), proposing({ match }, now.found.filter((each) => each.state === "accepted"), renew)) : barred(who, match)]),
  );
  const renew = async () => {
    draw(await again());
    place.querySelector("h3").focus();
  };
  draw(told);
  return place;
}
