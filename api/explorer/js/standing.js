/** Where a submission stands, or what a gate found, by a sign and a word beside the colour. */

import { el } from "./dom.js";

const SIGNS = { passed: "✓", failed: "✕", underpowered: "?", accepted: "✓", refused: "✕", withdrawn: "–", shown: "·", not_applicable: "–" };

export const standing = (name) => el("span", { class: "pill", "data-gate": name }, el("span", { "aria-hidden": "true" }, SIGNS[name] ?? ""), name.replace("_", " "));
