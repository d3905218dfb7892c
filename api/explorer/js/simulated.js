/** Simulated data is called so on top of every view. */

import { ask, AskError } from "./ask.js";
import { DATASETS } from "./documents.js";

export async function tellSimulated() {
  try {
    const { datasets } = await ask(DATASETS);
    const made = datasets.nodes.filter((dataset) => dataset.simulated).length;
    if (!made) return;
    const note = document.getElementById("simulated");
    note.textContent =
      made === datasets.nodes.length
        ? "Simulated data: made by a generator to try the software on. Nothing here was measured."
        : "Part of this graph is simulated data, made by a generator; each answer that rests on it says so.";
    note.hidden = false;
  } catch (error) {
    if (!(error instanceof AskError)) throw error; // the view itself tells what is wrong
  }
}
