/** The distribution that the score has when nothing is shared, with the score in it. */

import { chance, count, score } from "./format.js";
import { AXIS, FAINT, figure, INK } from "./plot.js";

/** log of the gamma function (Lanczos, g 7; absolute error below 1e-13 for x > 0.5). */
function logGamma(x) {
  const c = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
  const t = x + 6.5;
  const sum = c.slice(1).reduce((all, each, at) => all + each / (x + at), c[0]);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Density of Student's t. */
export const density = (t, df) =>
  Math.exp(logGamma((df + 1) / 2) - logGamma(df / 2) - 0.5 * Math.log(df * Math.PI) - ((df + 1) / 2) * Math.log1p((t * t) / df));

/** What one unit of t is worth in r: sqrt(V) / (|m| |h|), from T and its terms. */
export function unit(match) {
  const { modelTerm: a, humanTerm: b, sharedTerm: c } = match.explain;
  return (Math.sqrt(Math.max(a, b, a + b - c)) * match.score) / match.statistic;
}

export function nullPlot(match) {
  const scale = unit(match);
  const edge = Math.min(1, Math.max(Math.abs(match.score) * 1.25, 4 * scale));
  const line = (low, high) => Array.from({ length: 161 }, (_, at) => low + ((high - low) * at) / 160);
  const y = (x) => density(x / scale, match.explain.nullDf) / scale;
  const top = y(0);
  const naive = 1 / Math.sqrt(match.nFeatures);
  const seen = Math.abs(match.score);
  const told =
    `If nothing were shared, r would spread like this: t with ${match.explain.nullDf} degrees of freedom, one unit of t worth ${score(scale, 3)} in r. ` +
    `Observed: ${score(match.score)}, two-sided p ${chance(match.p)} (the tails beyond it). Dotted: the spread if ${count(match.nFeatures)} features were independent, ` +
    "which they are not; its height is cut.";
  const area = (x, color) => ({ type: "scatter", mode: "lines", x, y: x.map(y), fill: "tozeroy", line: { width: 0 }, fillcolor: color, hoverinfo: "skip" });
  const draw = () => {
    const x = line(-edge, edge);
    const thin = line(-4 * naive, 4 * naive);
    return [
      [
        area(x, "#dde6ee"),
        ...(seen < edge ? [area(line(seen, edge), "#e69f00"), area(line(-edge, -seen), "#e69f00")] : []),
        { type: "scatter", mode: "lines", x, y: x.map(y), line: { color: "#5b7690", width: 1.6 }, hovertemplate: "r %{x:.2f}<extra></extra>" },
        { type: "scatter", mode: "lines", x: thin, y: thin.map((each) => top * Math.exp(-0.5 * (each / naive) ** 2)), line: { color: FAINT, width: 1.2, dash: "dot" }, hoverinfo: "skip" },
      ],
      {
        margin: { l: 18, r: 18, t: 34, b: 46 },
        xaxis: { ...AXIS, range: [-edge, edge], title: { text: "score r", font: { color: FAINT, size: 12 } } },
        yaxis: { visible: false, range: [0, top * 1.12], fixedrange: true },
        shapes: [{ type: "line", x0: match.score, x1: match.score, y0: 0, y1: top * 1.03, line: { color: INK, width: 2 } }],
        annotations: [{ x: match.score, y: top * 1.04, yanchor: "bottom", xanchor: match.score > edge * 0.6 ? "right" : match.score < -edge * 0.6 ? "left" : "center", showarrow: false, text: `<b>r ${score(match.score)}</b>, p ${chance(match.p)}`, font: { color: INK } }],
      },
    ];
  };
  return figure({ title: "The score in its null", told, draw, height: 420 });
}
