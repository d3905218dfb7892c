/** plotly, fetched from this server when the first chart is drawn. */

import { el, fresh, say } from "./dom.js";

let loading = null;

/** A fetch that failed is tried again for the next chart. */
function plotly() {
  loading ??= new Promise((done, failed) => {
    const source = document.querySelector('meta[name="plotly"]').content;
    const failure = () => {
      loading = null;
      failed(new Error("plotly"));
    };
    const script = el("script", { src: source, on: { load: () => (window.Plotly ? done(window.Plotly) : failure()), error: failure } });
    document.head.append(script);
  });
  return loading;
}

export const INK = "#1b2733";
export const FAINT = "#5a6875";
const FONT = { family: 'Inter, system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif', size: 12, color: INK };
export const AXIS = { gridcolor: "#e8ecf0", zerolinecolor: "#9aa7b4", linecolor: "#c5ced6", tickfont: { color: FAINT }, ticks: "outside", tickcolor: "#c5ced6", ticklen: 4 };
const CONFIG = { displayModeBar: false, responsive: true, showTips: false };

/** plotly reads markup in its texts: what the server sends is shown as it is. */
export const literal = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * A figure whose chart `draw(Plotly)` gives as [traces, layout]; `told` is what the chart shows, in words.
 * Without plotly the words and the table are there. The chart is `aria-busy` until its `data-drawn` says "true" or "false".
 */
export function figure({ title, told, draw, height = 380, level = "h3", after = [] }) {
  const chart = el("div", { class: "chart", role: "img", "aria-label": told, "aria-busy": "true", vars: { "--height": `${height}px` } });
  const head = fresh("figure");
  const saves = ["svg", "png"].map((format) => {
    const name = format.toUpperCase();
    return [format, el("button", { type: "button", class: "quiet", "aria-label": `Save the image of ${title} as ${name}` }, `${name} ↓`)];
  });
  const made = el(
    "figure",
    { class: "block", "aria-labelledby": head },
    el("div", { class: "blockhead" }, el(level, { id: head }, title), el("span", { class: "saves" }, ...saves.map(([, button]) => button))),
    chart,
    el("figcaption", {}, told),
    after,
  );
  plotly()
    .then(async (Plotly) => {
      const [traces, layout] = draw(chart.clientWidth || 520);
      const whole = { font: FONT, paper_bgcolor: "#fff", plot_bgcolor: "#fff", height, hovermode: "closest", showlegend: false, ...layout };
      await Plotly.newPlot(chart, traces, whole, CONFIG);
      chart.dataset.drawn = "true";
      for (const [format, button] of saves)
        button.addEventListener("click", () => {
          // A PNG has three pixels to each unit: 300 to the inch where the figure is nine inches wide.
          Plotly.downloadImage(chart, { format, filename: title.replace(/\W+/g, "_"), width: 900, height: 640, scale: format === "png" ? 3 : 1 });
          say(`Saved ${title}`);
        });
    })
    .catch((error) => {
      chart.replaceChildren(el("p", { class: "note" }, "The chart cannot be drawn here; its numbers are in the tables."));
      chart.dataset.drawn = "false";
      console.error(error);
    })
    .finally(() => chart.removeAttribute("aria-busy"));
  return made;
}
