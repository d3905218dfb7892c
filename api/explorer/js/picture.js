/** Nodes and relationships of an answer as a picture: laid out by springs, the same each time, drawn as SVG. */

import { el, svg } from "./dom.js";
import { many } from "./format.js";

const MOST = 150;
const WIDE = 1000;
const HIGH = 560;
const COLOURS = ["#0f6ba8", "#b3541e", "#5b7f23", "#8d2f6e", "#7a6a00", "#00796b", "#5e35b1", "#546e7a"];

/** Every node and relationship in the rows, however deep, once. Relationships whose ends are not there are left out. */
export function gather(rows) {
  const nodes = new Map();
  const edges = new Map();
  const visit = (value) => {
    if (value === null || typeof value !== "object") return;
    if (Array.isArray(value)) value.forEach(visit);
    else if (value.kind === "node" && value.key !== undefined) nodes.set(value.key, value);
    else if (value.kind === "relationship" && value.key !== undefined) edges.set(value.key, value);
    else Object.values(value).forEach(visit);
  };
  visit(rows);
  const kept = new Map([...nodes].slice(0, MOST));
  const joined = [...edges.values()].filter((edge) => kept.has(edge.start) && kept.has(edge.end));
  return { nodes: [...kept.values()], edges: joined, left: nodes.size - kept.size };
}

/** Places by repulsion, springs and a pull to the middle; starts on a spiral, so that it needs no chance. */
function layout(nodes, edges) {
  const at = new Map(nodes.map((node, i) => {
    const turn = i * 2.39996;
    const far = 22 * Math.sqrt(i + 0.5);
    return [node.key, { x: far * Math.cos(turn), y: far * Math.sin(turn) }];
  }));
  const points = [...at.values()];
  const ideal = 0.8 * Math.sqrt((WIDE * HIGH) / Math.max(nodes.length, 4));
  const rounds = nodes.length > 80 ? 160 : 300;
  for (let round = 0; round < rounds; round++) {
    const moves = points.map(({ x, y }) => ({ x: (-x * nodes.length) / 12, y: (-y * nodes.length) / 5 }));
    for (let i = 0; i < points.length; i++) {
      for (let j = i + 1; j < points.length; j++) {
        const [dx, dy] = [points[i].x - points[j].x, points[i].y - points[j].y];
        const push = (ideal * ideal) / (dx * dx + dy * dy + 1);
        moves[i].x += dx * push; moves[i].y += dy * push;
        moves[j].x -= dx * push; moves[j].y -= dy * push;
      }
    }
    const place = new Map(nodes.map((node, i) => [node.key, i]));
    for (const edge of edges) {
      const [i, j] = [place.get(edge.start), place.get(edge.end)];
      const [dx, dy] = [points[i].x - points[j].x, points[i].y - points[j].y];
      const pull = Math.hypot(dx, dy) / ideal;
      moves[i].x -= dx * pull; moves[i].y -= dy * pull;
      moves[j].x += dx * pull; moves[j].y += dy * pull;
    }
    const most = (ideal / 2) * (1 - round / rounds);
    points.forEach((point, i) => {
      const length = Math.hypot(moves[i].x, moves[i].y) || 1;
      const step = Math.min(length, most) / length;
      point.x += moves[i].x * step;
      point.y += moves[i].y * step;
    });
  }
  return fitted(at, points);
}

function fitted(at, points) {
  const [xs, ys] = [points.map((p) => p.x), points.map((p) => p.y)];
  const scale = (low, high, size, edge) => (value) => edge + ((value - low) / Math.max(high - low, 1)) * (size - 2 * edge);
  const [x, y] = [scale(Math.min(...xs), Math.max(...xs), WIDE, 70), scale(Math.min(...ys), Math.max(...ys), HIGH, 40)];
  return new Map([...at].map(([key, p]) => [key, points.length === 1 ? { x: WIDE / 2, y: HIGH / 2 } : { x: x(p.x), y: y(p.y) }]));
}

/** What people call a node. */
export const nameOf = ({ properties }) => String(properties.symbol ?? properties.label ?? properties.title ?? properties.id ?? "");
const short = (text) => (text.length > 22 ? `${text.slice(0, 21)}…` : text);

export function picture({ nodes, edges, left }) {
  const places = layout(nodes, edges);
  const kinds = [...new Set(nodes.map((node) => node.labels[0] ?? ""))];
  const colour = (node) => COLOURS[kinds.indexOf(node.labels[0] ?? "") % COLOURS.length];
  const types = [...new Set(edges.map((edge) => edge.type))].join(", ");
  const told = `${many(nodes.length, "node")} and ${many(edges.length, "relationship")}${types && ` (${types})`}` + (left ? `; ${left} more nodes are in the rows` : "");
  const lines = edges.map((edge) => {
    const [a, b] = [places.get(edge.start), places.get(edge.end)];
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    return [
      svg("line", { x1: a.x, y1: a.y, x2: b.x, y2: b.y, class: "edge", "marker-end": "url(#arrow)" }, svg("title", {}, edge.type)),
      edges.length <= 12 && svg("text", { x: middle.x, y: middle.y - 3, class: "edgename" }, edge.type),
    ];
  });
  const dots = nodes.map((node) => {
    const { x, y } = places.get(node.key);
    return svg("g", { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` },
      svg("title", {}, `${node.labels.join(", ")}: ${nameOf(node)} ${node.properties.id ?? ""}`),
      svg("circle", { r: nodes.length > 60 ? 6 : 9, fill: colour(node) }),
      svg("text", { y: nodes.length > 60 ? -9 : -13, class: "nodename" }, short(nameOf(node))));
  });
  const arrow = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 17, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" }, svg("path", { d: "M0 0 8 4 0 8z", fill: "#8896a3" }));
  return el(
    "figure",
    { class: "block picture" },
    el("div", { class: "blockhead" }, el("h2", {}, "Picture"), el("ul", { class: "kinds" }, kinds.map((kind, at) => el("li", {}, el("span", { class: "dot", vars: { "--dot": COLOURS[at % COLOURS.length] } }), kind || "node")))),
    svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `Picture of ${told}. The rows below hold the same.` }, svg("defs", {}, arrow), lines, dots),
    el("figcaption", {}, told, "."),
  );
}
