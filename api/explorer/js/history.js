/** What the versions of an atlas are made of: a row for each, a column for each line and view, and ways to parents. */

import { href } from "./address.js";
import { el, svg } from "./dom.js";

const ROW = 46;
const STEP = 22;
const COLOURS = ["#12324f", "#b3541e", "#1d6f4a", "#6a3d9a", "#7a4b00", "#0b5394"];

/** `versions`: newest first, each with its parents; `heads`: curie -> names of what stands there. */
export function picture(versions, heads, chosen) {
  const names = ["main", ...new Set(versions.map((each) => each.branch).filter((name) => name !== "main"))];
  const x = (each) => STEP / 2 + STEP * names.indexOf(each.branch);
  const row = new Map(versions.map((each, at) => [each.curie, at]));
  const colour = (each) => COLOURS[names.indexOf(each.branch) % COLOURS.length];
  const y = (at) => ROW * at + ROW / 2;
  const ways = versions.flatMap((each, at) =>
    each.parents.nodes.filter((parent) => row.has(parent.curie)).map((parent) => {
      const to = row.get(parent.curie);
      const [a, b, from, end] = [x(each), x(versions[to]), y(at), y(to)];
      const bend = a === b ? `L${b} ${end}` : a > b ? `L${a} ${end - ROW} C${a} ${end - ROW / 3} ${b} ${end - (2 * ROW) / 3} ${b} ${end}` : `C${a} ${from + (2 * ROW) / 3} ${b} ${from + ROW / 3} ${b} ${from + ROW} L${b} ${end}`;
      return svg("path", { d: `M${a} ${from} ${bend}`, fill: "none", stroke: a > b ? colour(each) : colour(versions[to]), "stroke-width": 2 });
    }));
  const dots = versions.map((each, at) =>
    svg("circle", { cx: x(each), cy: y(at), r: each.curie === chosen ? 7 : 5, fill: each.curie === chosen ? "#fff" : colour(each), stroke: colour(each), "stroke-width": 2.5 }));
  const wide = STEP * names.length;
  const drawn = svg("svg", { class: "ways", width: wide, height: ROW * versions.length, viewBox: `0 0 ${wide} ${ROW * versions.length}`, "aria-hidden": "true" }, ways, dots);
  return el("div", { class: "history", vars: { "--ways": `${wide}px`, "--row": `${ROW}px` } }, drawn,
    el("ol", {}, versions.map((each) => line(each, heads.get(each.curie) ?? [], chosen))));
}

const line = (each, names, chosen) =>
  el("li", {},
    el("div", { class: "first" },
      el("a", { href: href({ view: "atlases", id: each.curie }), "aria-current": each.curie === chosen ? "true" : null }, each.label),
      [...names, ...each.tags.nodes.map((tag) => `tag ${tag.label.split("@")[1]}`)].map((name) => [" ", el("span", { class: "stands" }, name)])),
    el("div", { class: "sub" },
      `${each.when.slice(0, 10)}, ${each.author}${each.branch === "main" ? "" : `, on ${each.branch}`}: ${each.message}`,
      each.submission && [" (", el("a", { href: href({ view: "submission", id: each.submission.number }) }, `submission ${each.submission.number}`), ")"]));
