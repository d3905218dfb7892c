/** The verdicts as a table: contrasts of models in rows, human states in columns, each with its cohorts and the other states given. */

import { go, read } from "./address.js";
import { el } from "./dom.js";
import { chance, row as words, score } from "./format.js";
import { shape, STATUS } from "./status.js";
import { tsvButton } from "./table.js";

const unique = (rows, key) => [...new Map(rows.map((each) => [key(each), each])).values()];

/** Columns of one human state: its verdict, then what stands beside it. */
function columnsOf(state, matches, beside) {
  const own = matches.filter((match) => match.state === state);
  const columns = [{ kind: "verdict", state, head: beside ? "all its cohorts, pooled" : "", find: (match) => match }];
  if (!beside) return columns;
  for (const each of unique(own.flatMap((m) => m.cohorts), (c) => c.contrast)) {
    const find = (match) => match.cohorts.find((cohort) => cohort.contrast === each.contrast);
    columns.push({ kind: "cohort", state, head: each.label, find });
  }
  for (const each of unique(own.flatMap((m) => m.given), (g) => g.state)) {
    const find = (match) => match.given.find((given) => given.state === each.state);
    columns.push({ kind: "given", state, head: each.label, find });
  }
  return columns;
}

export function heat(groups, chosen, beside, named = groups.length > 1) {
  const matches = groups.flatMap((group) => group.matches);
  const states = unique(matches, (m) => m.state).map((m) => ({ id: m.state, label: m.humanLabel }));
  const columns = states.map((state) => columnsOf(state.id, matches, beside));
  const flat = columns.flat();
  const rows = groups.map((group) => ({ ...group, rows: unique(group.matches, (m) => m.model) }));
  const caption = "Verdicts: contrasts of models in rows, human states in columns";
  return el(
    "section",
    { class: "block heat", "aria-label": "Verdicts" },
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      el("table", { class: "verdicts" },
        el("caption", { class: "unseen" }, caption),
        el("thead", {},
          el("tr", {}, el("td", { rowspan: beside ? 3 : 1, class: "corner" }, "model contrast"),
            states.map((state, at) => el("th", { scope: "colgroup", colspan: columns[at].length, class: "state" }, state.label))),
          beside && el("tr", {}, columns.flatMap(spans)),
          beside && el("tr", {}, flat.map((c) => el("th", { scope: "col", class: `sub ${c.kind}` }, c.head)))),
        rows.map((group) =>
          el("tbody", {},
            named && el("tr", { class: "group" }, el("th", { scope: "rowgroup", colspan: flat.length + 1 }, group.model)),
            group.rows.map((first) => line(first, group.matches, flat, chosen)))))),
    el("div", { class: "blockfoot" }, tsvButton("verdicts", HEADS, () => matches.map(plain))),
  );
}

const KINDS = { verdict: "verdict", cohort: "cohorts one by one: r", given: "what is left given another state: r" };

/** Heads over the columns of one state, one a kind. */
const spans = (columns) =>
  Object.keys(KINDS)
    .map((kind) => [kind, columns.filter((c) => c.kind === kind).length])
    .filter(([, n]) => n)
    .map(([kind, n]) => el("th", { scope: "colgroup", colspan: n, class: `kind ${kind}` }, KINDS[kind]));

function line(first, matches, columns, chosen) {
  const find = (column) => matches.find((m) => m.model === first.model && m.state === column.state);
  return el("tr", {}, el("th", { scope: "row" }, first.modelLabel, size(first.modelContrast)), columns.map((column) => {
    const match = find(column);
    const found = match && column.find(match);
    if (!found) return el("td", { class: `none ${column.kind}` }, el("span", { class: "unseen" }, "none"));
    return { verdict: verdictCell, cohort: cohortCell, given: givenCell }[column.kind](found, match, chosen);
  }));
}

/** Replicates and sex, under the name of a contrast. */
function size(contrast) {
  const said = contrast ? [contrast.nCase && `${contrast.nCase} v ${contrast.nControl}`, contrast.sex].filter(Boolean) : [];
  return said.length ? el("span", { class: "under" }, said.join(", ")) : null;
}

const bar = (value) => el("span", { class: "bar", "aria-hidden": "true", vars: { "--r": String(Math.max(-1, Math.min(1, value))), "--sign": value < 0 ? "-1" : "1" } });

function verdictCell(match, _, chosen) {
  const { letter, name } = STATUS[match.status];
  const tested = match.q === null ? "no p" : `q ${chance(match.q)}`;
  const told = `${name}. ${match.sentence ?? `${match.reason}.`} ${match.statusLine.split("; ").slice(1).join("; ")}${match.statusLine.includes("; ") ? ". " : ""}r ${score(match.score)}, ${tested}`;
  return el("td", { class: "verdict" }, el(
    "button",
    {
      type: "button", class: "cell", "data-status": match.status, "data-match": match.curie, "data-tip": told,
      "aria-pressed": String(match.curie === chosen),
      "aria-label": `${match.modelLabel} against ${match.humanLabel}: ${told}`,
      on: { click: () => go({ ...read(), match: match.curie }) },
    },
    el("span", { class: "sign" }, shape(match.status), el("b", {}, letter)),
    el("span", { class: "r" }, score(match.score)),
    el("span", { class: "q" }, tested),
    match.status === "NONSPECIFIC" && el("span", { class: "why" }, match.reason),
    match.status === "SUPPORTED" && match.amongStates === "untested" && el("span", { class: "why" }, "specificity untested"),
  ));
}

function cohortCell(cohort) {
  const untestable = cohort.status.startsWith("untestable");
  const told = `${cohort.label}: ${cohort.status}; ` + (cohort.p === null ? "no p" : `p ${chance(cohort.p)}`);
  return el("td", { class: `cohort ${untestable ? "hatch" : ""}`, "data-tip": told, tabindex: untestable ? "0" : null },
    el("span", { class: "r" }, score(cohort.score)), bar(cohort.score ?? 0),
    cohort.status !== "pooled" && el("span", { class: "mark" }, untestable ? "untestable" : "not pooled"));
}

function givenCell(given, match) {
  const rest = given.score === null ? given.note : `left given it: r ${score(given.score)} (${score(given.low)} to ${score(given.high)}), p ${chance(given.p)}; r with the model ${score(given.otherScore)}`;
  const told = `${given.label}: ${given.role}. ${rest}`;
  const counts = ["SUPPORTED", "NONSPECIFIC"].includes(match.status);
  const look = { left: "left", "not told apart": "gone" }[given.role] ?? "idle";
  return el("td", { class: `given ${counts ? look : "idle"}`, "data-tip": told },
    el("span", { class: "r" }, score(given.score)), bar(given.score ?? 0),
    counts && el("span", { class: "mark" }, given.role));
}

const HEADS = ["model_contrast", "cell_type", "region", "human_state", "level", "policy", "status", "status_line", "specificity", "reason", "r", "p", "q", "family_size", "not_told_apart_from", "id"];

const plain = (m) => [m.modelLabel, m.modelContrast?.cellType?.label ?? "", m.modelContrast?.tissue?.label ?? "", m.humanLabel, m.matchLevel, m.orthology, m.status, m.statusLine, m.amongStates, m.reason, m.score, m.p, m.q, m.familySize,
  m.status === "NONSPECIFIC" ? words(m.given.filter((g) => g.role === "not told apart").map((g) => g.label)) : "", m.curie];
