/** Stored matches of one thing: those that a gene or regulon leads, those of a contrast. */

import { href } from "./address.js";
import { el } from "./dom.js";
import { chance, score } from "./format.js";
import { pill } from "./status.js";
import { number } from "./thing.js";

/** The way to a stored match on the page of its question. */
export const matchAddress = (match) =>
  href({ match: match.curie, model: match.modelContrast?.model?.label, disease: match.askedUnder, level: match.matchLevel, policy: match.orthology });

/** The disease that it was asked under: one pair can stand in the families of several. */
const under = ({ match }) => match.askedUnder && el("a", { class: "id", href: href({ model: match.modelContrast?.model?.label, disease: match.askedUnder, level: match.matchLevel }) }, match.askedUnder);

const toMatch = (match, text) => el("a", { href: matchAddress(match) }, text);

/** Columns of matches that a feature leads. */
export const leadColumns = [
  { head: "model", value: (l) => l.match.modelLabel, show: (l) => toMatch(l.match, l.match.modelLabel), main: true },
  { head: "human", value: (l) => l.match.humanLabel, wide: true },
  { head: "verdict", value: (l) => l.match.status, show: (l) => pill(l.match.status) },
  { head: "direction", value: (l) => l.direction, show: (l) => el("span", { class: `way ${l.direction}` }, l.direction === "up" ? "▲ up" : "▼ down") },
  number("z, model", (l) => l.zModel, score),
  number("z, human", (l) => l.zHuman, score),
  number("q", (l) => l.q, chance),
  { head: "asked under", value: (l) => l.match.askedUnder, show: under },
];

/** Columns of the matches of a contrast. */
export const matchColumns = [
  { head: "model", value: (m) => m.match.modelLabel, show: (m) => toMatch(m.match, m.match.modelLabel), main: true },
  { head: "human", value: (m) => m.match.humanLabel, wide: true },
  { head: "level", value: (m) => m.match.matchLevel },
  { head: "orthologs", value: (m) => m.match.orthology },
  { head: "verdict", value: (m) => m.match.status, show: (m) => pill(m.match.status) },
  number("r", (m) => m.match.score, score),
  number("p", (m) => m.match.p, chance),
  number("q", (m) => m.match.q, chance),
  number("power", (m) => m.match.power, score),
  { head: "asked under", value: (m) => m.match.askedUnder, show: under },
  { head: "in words", value: (m) => m.match.sentence, unseen: true },
];
