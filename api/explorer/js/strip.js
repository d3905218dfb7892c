/** A row of a forest plot: one line from -1 to 1, a point on it, its interval where it has one. */

import { svg } from "./dom.js";

const at = (value) => `${(50 + 46 * Math.max(-1, Math.min(1, value))).toFixed(2)}%`;

/** `points`: { value, low?, high?, kind } with kind full, open, pool or faint. */
export function strip(points) {
  return svg(
    "svg",
    { class: "strip", height: 22, width: "100%", "aria-hidden": "true" },
    [-1, -0.5, 0.5, 1].map((x) => svg("line", { x1: at(x), x2: at(x), y1: 0, y2: 22, class: "grid" })),
    svg("line", { x1: at(0), x2: at(0), y1: 0, y2: 22, class: "zero" }),
    points.filter((p) => p.value !== null && p.value !== undefined).map(point),
  );
}

function point({ value, low, high, kind }) {
  const mark =
    kind === "pool"
      ? svg("path", { d: "M-7 0 0 -6 7 0 0 6z", class: "mark pool" })
      : svg("circle", { r: 4.6, class: `mark ${kind}` });
  return [
    low !== undefined && low !== null && svg("line", { x1: at(low), x2: at(high), y1: 11, y2: 11, class: "reach" }),
    svg("svg", { x: at(value), y: 11, overflow: "visible" }, mark),
  ];
}

export const axis = () =>
  svg(
    "svg",
    { class: "strip axis", height: 16, width: "100%", role: "img", "aria-label": "r from −1 to 1" },
    [-1, -0.5, 0, 0.5, 1].map((x) =>
      svg("text", { x: at(x), y: 12, "text-anchor": "middle" }, x === 0 ? "r = 0" : String(x).replace("-", "−")),
    ),
  );
