/** The five verdicts: a letter and a shape each, so that colour is never the only sign. */

import { el, svg } from "./dom.js";

const SHAPES = {
  SUPPORTED: [["circle", { cx: 8, cy: 8, r: 6.2, fill: "currentColor" }]],
  NONSPECIFIC: [
    ["circle", { cx: 8, cy: 8, r: 5.6, fill: "none", stroke: "currentColor", "stroke-width": 1.6 }],
    ["path", { d: "M8 2.4a5.6 5.6 0 0 1 0 11.2z", fill: "currentColor" }],
  ],
  DISCORDANT: [["path", { d: "M8 14 1.6 3h12.8z", fill: "currentColor" }]],
  NOT_SUPPORTED: [["circle", { cx: 8, cy: 8, r: 5.4, fill: "none", stroke: "currentColor", "stroke-width": 1.8 }]],
  UNTESTABLE: [["path", { d: "M3 3l10 10M13 3 3 13", stroke: "currentColor", "stroke-width": 2.2, fill: "none" }]],
};

export const STATUS = {
  SUPPORTED: { letter: "S", name: "Supported", means: "significant, and something is left given each state that takes part in the match; where none does, the verdict says whether specificity was tested" },
  NONSPECIFIC: { letter: "N", name: "Nonspecific", means: "significant, but not told apart from another disease or from ageing" },
  DISCORDANT: { letter: "D", name: "Discordant", means: "significant, with the opposite sign" },
  NOT_SUPPORTED: { letter: "–", name: "Not supported", means: "no agreement beyond what noise gives" },
  UNTESTABLE: { letter: "U", name: "Untestable", means: "no p can be computed: the reason is given; the score alone is no evidence" },
};

export const ORDER = Object.keys(STATUS);

export const shape = (status) =>
  svg(
    "svg",
    { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true", class: "shape" },
    (SHAPES[status] ?? []).map(([tag, props]) => svg(tag, props)),
  );

export const pill = (status) =>
  el("span", { class: "pill", "data-status": status }, shape(status), STATUS[status]?.name ?? status);

export const legend = () =>
  el(
    "section",
    { class: "legend", "aria-label": "Legend of the verdicts" },
    el(
      "ul",
      {},
      ORDER.map((status) =>
        el(
          "li",
          {},
          el("span", { class: "key", "data-status": status }, shape(status), el("b", {}, STATUS[status].letter)),
          el("span", {}, el("b", {}, STATUS[status].name), ` ${STATUS[status].means}`),
        ),
      ),
    ),
  );
