/** The picture of a space: some cells of every population, coloured by species or by type. */

import { count, many } from "./format.js";
import { FAINT, figure, INK, literal } from "./plot.js";

/** Okabe and Ito's colours, which people with each kind of colour blindness tell apart, and a shape beside each. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const SHAPES = ["circle", "diamond", "square", "triangle-up", "cross", "x", "star"];

const points = (layout) => Array.from({ length: layout.length / 2 }, (_, at) => [layout[2 * at], layout[2 * at + 1]]);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export function cloud(populations, names, colour) {
  const placed = populations.filter((each) => each.layout.length).map((each) => ({ ...each, points: points(each.layout) }));
  const total = placed.reduce((sum, each) => sum + each.points.length, 0);
  const group = (each) => (colour === "type" ? each.label : names[each.taxon]);
  const groups = [...new Set(placed.map(group))].sort();
  const told = total
    ? `${count(total)} cells, at most 40 of each of ${many(placed.length, "population")}, drawn at random and laid out by UMAP. ` +
      `Coloured by ${colour}: ${groups.length > 12 ? `${groups.length} types, named above their cells` : groups.join(", ")}. Neighbours are alike; distances between groups are no evidence.`
    : "This space has no picture: its file had no obsm X_umap.";
  const species = [...new Set(placed.map((each) => each.taxon))].sort();
  const draw = () => [
    [
      ...groups.map((name, at) => {
        const own = placed.filter((each) => group(each) === name);
        const all = own.flatMap((each) => each.points.map(([x, y]) => [x, y, each]));
        return {
          type: "scatter", mode: "markers", name: literal(name), x: all.map((p) => p[0]), y: all.map((p) => p[1]),
          text: all.map(([, , each]) => `<b>${literal(each.label)}</b><br>${literal(names[each.taxon])}, ${count(each.nCells)} cells`),
          hovertemplate: "%{text}<extra></extra>",
          marker: {
            color: COLOURS[at % COLOURS.length], size: 6, opacity: 0.8, line: { width: 0.5, color: "#fff" },
            symbol: colour === "type" ? all.map(([, , each]) => SHAPES[species.indexOf(each.taxon) % SHAPES.length]) : SHAPES[at % SHAPES.length],
          },
        };
      }),
      ...(colour === "type" ? [named(placed, groups, group)] : []),
    ],
    {
      margin: { l: 24, r: 14, t: 8, b: 30 }, showlegend: colour !== "type", legend: { orientation: "h", y: 1.06 },
      xaxis: axis("UMAP 1"), yaxis: axis("UMAP 2"),
    },
  ];
  const title = `The space, ${colour === "type" ? "by type" : "by species"}`;
  return figure({ title, told: colour === "type" && species.length > 1 ? `${told} Shapes: ${species.map((taxon, at) => `${names[taxon]} ${SHAPES[at % SHAPES.length]}`).join(", ")}.` : told, draw, height: 480, level: "h2" });
}

const axis = (text) => ({ title: { text, font: { color: FAINT, size: 11 } }, showgrid: false, zeroline: false, showticklabels: false, linecolor: "#c5ced6", showline: true });

/** Each type's name above its cells. */
function named(placed, groups, group) {
  const middles = groups.map((name) => {
    const own = placed.filter((each) => group(each) === name).flatMap((each) => each.points);
    return [mean(own.map((p) => p[0])), Math.max(...own.map((p) => p[1])), name];
  });
  return {
    type: "scatter", mode: "text", textposition: "top center", cliponaxis: false, x: middles.map((m) => m[0]), y: middles.map((m) => m[1]), text: middles.map((m) => `<b>${literal(m[2])}</b>`),
    hoverinfo: "skip", showlegend: false, textfont: { size: 11, color: INK },
  };
}
