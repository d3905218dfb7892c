/** The report of a verdict: one HTML file, made by the server and saved here. */

import { request, AskError } from "./ask.js";
import { el, say } from "./dom.js";
import { save } from "./tsv.js";

/** `question`: names of the route /report. */
export function reportButton(question) {
  const trouble = el("span", { class: "note", role: "alert" });
  const button = el("button", { type: "button", class: "quiet", on: { click } }, "Report ↓");
  async function click() {
    button.disabled = true;
    trouble.textContent = "";
    say("The report is being made");
    try {
      const answer = await request("GET", `/report?${new URLSearchParams(question)}`);
      save("report.html", await answer.blob());
      say("The report is saved");
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      trouble.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  }
  return el("span", { class: "taken" }, button, trouble);
}
