/** Every feature's change in the model against its change in people. */

import { el } from "./dom.js";
import { count, score } from "./format.js";
import { AXIS, figure, FAINT, INK, literal } from "./plot.js";
import { table } from "./table.js";

const LABELS = 14;
const UP = "#b3541e";
const DOWN = "#2166ac";

/** Ends of an axis that hold all values and zero. */
function span(values) {
  const ends = [Math.min(-1, ...values), Math.max(1, ...values)];
  const room = 0.06 * (ends[1] - ends[0]);
  return [ends[0] - room, ends[1] + room];
}

/** Places of the `LABELS` largest contributions whose names do not cover one another. */
function labelled(columns, width, height, [left, right], [low, high]) {
  const boxes = [];
  const chosen = [];
  for (let at = 0; at < columns.labels.length && chosen.length < LABELS && at < 200; at++) {
    const x = ((columns.model[at] - left) / (right - left)) * width;
    const y = ((high - columns.human[at]) / (high - low)) * height;
    const wide = columns.labels[at].length * 6.6 + 8;
    const box = [x - wide / 2, y - 20, x + wide / 2, y + 3];
    if (box[0] < 0 || box[2] > width) continue;
    if (boxes.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1])) continue;
    boxes.push(box);
    chosen.push(at);
  }
  return chosen;
}

const pick = (values, places) => places.map((at) => values[at]);

export function scatter(match, unit) {
  const columns = match.explain.columns;
  const total = columns.features.length;
  const places = [...columns.features.keys()];
  const changes = new Map(match.changes.map((change) => [change.feature, change.direction]));
  const [x, y] = [span(columns.model), span(columns.human)];
  const way = places.map((at) => changes.get(columns.features[at]) ?? changes.get(`ENSEMBL:${columns.humanGenes[at]}`));
  const told =
    `${count(total)} ${unit}s; each point is one, the change in the model on the horizontal axis and in people on the vertical, each in units of its own noise. ` +
    `r ${score(match.score)}. ${changes.size ? "Coloured: most certain to change alike (FDR .05), up or down. " : ""}Named: largest parts of the score.`;
  const hover = places.map((at) => `<b>${literal(columns.labels[at])}</b><br>model ${score(columns.model[at])}, human ${score(columns.human[at])}<br>part of T ${score(columns.contribution[at])}`);
  const trace = (at, color, size, opacity) => ({
    type: "scatter", mode: "markers", x: pick(columns.model, at), y: pick(columns.human, at), text: pick(hover, at),
    hovertemplate: "%{text}<extra></extra>", marker: { color, size, opacity, line: { width: 0 } },
  });
  const draw = (width) => {
    const names = labelled(columns, width - 66, 366, x, y);
    const corner = (x0, x1, y0, y1) => ({ type: "rect", layer: "below", x0, x1, y0, y1, line: { width: 0 }, fillcolor: "#f4f7fa" });
    return [
      [
        trace(places.filter((at) => !way[at]), "#8b98a5", total > 3000 ? 3.5 : 6, total > 3000 ? 0.35 : 0.55),
        trace(places.filter((at) => way[at] === "up"), UP, 6, 0.9),
        trace(places.filter((at) => way[at] === "down"), DOWN, 6, 0.9),
        {
          type: "scatter", mode: "markers+text", x: pick(columns.model, names), y: pick(columns.human, names),
          text: pick(columns.labels, names).map(literal), textposition: "top center", hoverinfo: "skip", cliponaxis: false,
          marker: { color: "rgba(0,0,0,0)", size: 7, line: { width: 1.3, color: INK } }, textfont: { size: 11, color: INK },
        },
      ],
      {
        margin: { l: 52, r: 14, t: 8, b: 46 },
        xaxis: { ...AXIS, range: x, title: { text: "model: change / its noise", font: { color: FAINT, size: 12 } } },
        yaxis: { ...AXIS, range: y, title: { text: "human: change / its noise", font: { color: FAINT, size: 12 } } },
        shapes: [corner(0, x[1], 0, y[1]), corner(x[0], 0, y[0], 0)],
      },
    ];
  };
  return figure({ title: `Model against human, every ${unit}`, told, draw, height: 420, after: [parts(columns, unit, total)] });
}

/** The same as a table: the largest parts to see, all of them in the TSV. */
function parts(columns, unit, total) {
  const rows = [...columns.features.keys()];
  const made = table({
    name: `parts of the score`, caption: `The 40 ${unit}s with the largest parts`, level: "h4",
    note: total > 40 ? `The 40 largest of ${count(total)} are shown; the TSV has all.` : null,
    columns: [
      { head: unit, value: (at) => columns.labels[at], main: true },
      { head: "id", value: (at) => columns.features[at] },
      { head: "model", value: (at) => columns.model[at], show: (at) => score(columns.model[at]), number: true },
      { head: "human", value: (at) => columns.human[at], show: (at) => score(columns.human[at]), number: true },
      { head: "part of T", value: (at) => columns.contribution[at], show: (at) => score(columns.contribution[at]), number: true },
    ],
    rows: rows.slice(0, 40),
    all: rows,
  });
  return el("details", {}, el("summary", {}, "The numbers"), made);
}
