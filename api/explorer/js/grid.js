/** Every model against every disease: what was found, a no, a test too weak for a no, and what was not tested. */

import { go, href } from "./address.js";
import { ask } from "./ask.js";
import { LEVELS } from "./declared.js";
import { GRID } from "./documents.js";
import { el, say } from "./dom.js";
import { chance, count, many, row as words, score } from "./format.js";
import { shape, STATUS } from "./status.js";
import { tsvButton } from "./table.js";

const PAGES = 20;

/** Five answers besides the statuses of what was found; each has a sign, a word and a pattern beside its colour. */
const ANSWERS = {
  found: { means: "at least one match is significant; the number says how many of the pairs of a contrast and a human state" },
  no: { word: "no", means: "tested, nothing significant, and a true r of 0.3 would have been found in at least 80% of cases" },
  weak_no: { word: "weak no", means: "tested, nothing significant, but the test was too weak for a no" },
  untestable: { word: "untestable", means: "no p can be computed; the reason is given" },
  none: { word: "not tested", means: "no match of the two is stored: nobody has asked. The link asks now" },
};
const FOUND = ["SUPPORTED", "NONSPECIFIC", "DISCORDANT"];

export const title = () => "All models, all diseases";

export async function view(root, state, before, still) {
  if (before?.view !== state.view) root.replaceChildren(el("h1", {}, title()), el("p", { class: "wait", "aria-busy": "true" }, "Asking…"));
  const found = await whole(state.level, still);
  if (!still()) return;
  const cells = new Map(found.cells.map((each) => [`${each.model} ${each.disease}`, each]));
  const measured = found.models.filter((each) => each.contrasts).sort((a, b) => a.label.localeCompare(b.label, "en", { numeric: true }));
  const bare = found.models.filter((each) => !each.contrasts);
  const named = (model) => (found.models.filter((each) => each.label === model.label).length > 1 ? model.curie : model.label);
  const asked = new Set(found.cells.map((each) => each.disease));
  const diseases = [...found.diseases.filter((each) => asked.has(each.curie)), ...found.diseases.filter((each) => !asked.has(each.curie))];
  const summary = summed(measured, diseases, cells);
  const shown = [
    el("div", { class: "question" },
      el("h1", {}, `Which models match which diseases at the ${state.level} level?`),
      el("p", { class: "lead" }, "Each cell is the most telling stored verdict of a model and a disease. A no is an answer; not tested is none. Select a cell to see its evidence.")),
    form(state),
    el("p", { class: "summary" }, summary),
    measured.length && diseases.length ? grid(measured, diseases, cells, { ...state, named }) : el("p", { class: "nothing" }, "No model with measured contrasts, or no human state, is in the graph."),
    legend(),
    bare.length > 0 && el("details", { class: "gaps" }, el("summary", {}, `${many(bare.length, "model")} without a measured contrast`),
      el("p", { class: "note" }, `No study that is loaded has measured ${bare.length === 1 ? "it" : "them"}: ${words(bare.map((each) => each.label).sort())}.`)),
    found.cut && el("p", { class: "note" }, `The first ${count(found.models.length)} of ${count(found.known)} models are shown.`),
    found.knownDiseases > found.diseases.length && el("p", { class: "note" }, `The first ${count(found.diseases.length)} of ${count(found.knownDiseases)} diseases are shown.`),
  ];
  root.replaceChildren(...shown.filter(Boolean));
  say(summary);
}

/** All models, by pages of 100. */
async function whole(level, still) {
  const all = { models: [], cells: [], diseases: [], known: 0, knownDiseases: 0, cut: false };
  let after = null;
  for (let page = 0; page < PAGES; page++) {
    const { modelGrid, problems } = await ask(GRID, { level, after });
    if (!modelGrid) throw problems[0];
    all.models.push(...modelGrid.models);
    all.cells.push(...modelGrid.cells);
    [all.diseases, all.known, all.knownDiseases, after] = [modelGrid.diseases, modelGrid.known, modelGrid.knownDiseases, modelGrid.following];
    if (!after || !still()) return all;
  }
  return { ...all, cut: true };
}

const form = (state) =>
  el("form", { class: "ask", "aria-label": "The question", on: { submit: (event) => {
    event.preventDefault();
    go({ view: "grid", ...Object.fromEntries(new FormData(event.target)) });
  } } },
  el("div", { class: "field short" }, el("label", { for: "level" }, "Level"),
    el("select", { id: "level", name: "level" }, LEVELS.map((each) => el("option", { value: each, selected: each === state.level }, each)))),
  el("button", { type: "submit", class: "main" }, "Show"));

function summed(models, diseases, cells) {
  const all = models.length * diseases.length;
  const found = [...cells.values()];
  const of = (answer) => found.filter((each) => each.answer === answer).length;
  const significant = FOUND.map((status) => [found.filter((each) => each.answer === "found" && each.status === status).length, STATUS[status].name.toLowerCase()]);
  const counts = [...significant, [of("no"), "no"], [of("weak_no"), "too weak for a no"], [of("untestable"), "untestable"], [all - found.length, "not tested"]];
  return `${many(models.length, "model")} × ${many(diseases.length, "disease")}: ${words(counts.filter(([n]) => n).map(([n, name]) => `${count(n)} ${name}`))}.`;
}

function grid(models, diseases, cells, state) {
  const caption = "Models in rows, diseases in columns";
  const of = (model, disease) => cells.get(`${model.curie} ${disease.curie}`);
  return el("section", { class: "block heat", "aria-label": "All models and all diseases" },
    el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": caption },
      el("table", { class: "verdicts grid" },
        el("caption", { class: "unseen" }, caption),
        el("thead", {}, el("tr", {}, el("td", { class: "corner" }, "model"), diseases.map((each) =>
          el("th", { scope: "col" }, each.label, el("span", { class: "under" }, many(each.states, "human state")))))),
        el("tbody", {}, models.map((model) =>
          el("tr", {},
            el("th", { scope: "row" }, el("a", { href: href({ view: "model", id: model.curie }) }, model.label), el("span", { class: "under" }, many(model.contrasts, "contrast"))),
            diseases.map((disease) => el("td", {}, cell(model, disease, of(model, disease), state)))))))),
    el("div", { class: "blockfoot" }, tsvButton("models and diseases", HEADS, () => models.flatMap((model) => diseases.map((disease) => plain(model, disease, of(model, disease)))))));
}

function cell(model, disease, found, state) {
  if (!found) {
    const told = `Not tested: no match of ${model.label} and ${disease.label} is stored at this level. Select it to ask now.`;
    return made({ answer: "none", told, to: { model: state.named(model), disease: disease.curie, level: state.level }, label: `${model.label} against ${disease.label}: ${told}` },
      el("span", { class: "word" }, ANSWERS.none.word));
  }
  const told = `${found.sentence || `${found.reason}.`} ${spoken(found)}`;
  const to = { model: state.named(model), disease: found.asked || disease.curie, level: state.level, match: found.match };
  const status = found.answer === "found" ? found.status : null;
  const n = { SUPPORTED: found.supported, NONSPECIFIC: found.nonspecific, DISCORDANT: found.discordant }[status];
  return made({ answer: found.answer, status: found.status, told, to, label: `${model.label} against ${disease.label}: ${told}` },
    el("span", { class: "sign" }, shape(found.status), el("b", {}, found.answer === "weak_no" ? "–?" : STATUS[found.status].letter)),
    el("span", { class: "word" }, status ? `${count(n)} of ${count(found.pairs)}` : ANSWERS[found.answer].word));
}

const made = ({ answer, status, told, to, label }, ...inside) =>
  el("a", { class: "cell mini", "data-answer": answer, "data-status": status, href: href(to), "data-tip": told, "aria-label": label }, inside);

function spoken(found) {
  const counts = [["supported", found.supported], ["nonspecific", found.nonspecific], ["discordant", found.discordant], ["not supported", found.notSupported], ["untestable", found.untestable]];
  const parts = words(counts.filter(([, n]) => n).map(([name, n]) => `${count(n)} ${name}`));
  const power = found.power === null ? "" : ` A true r of 0.3 would have been found in ${Math.round(100 * found.power)}% of cases.`;
  return `${many(found.pairs, "pair")}: ${parts}. r ${score(found.score)}, ${found.q === null ? "no q" : `q ${chance(found.q)}`}.${power}`;
}

const legend = () =>
  el("section", { class: "legend", "aria-label": "Legend of the grid" },
    el("ul", {},
      FOUND.map((status) => el("li", {}, el("span", { class: "key", "data-status": status }, shape(status), el("b", {}, STATUS[status].letter)), el("span", {}, el("b", {}, STATUS[status].name), ` ${STATUS[status].means}`))),
      el("li", {}, el("span", { class: "key", "data-status": "NOT_SUPPORTED", "data-answer": "no" }, shape("NOT_SUPPORTED"), el("b", {}, "–")), el("span", {}, el("b", {}, "No"), ` ${ANSWERS.no.means}`)),
      el("li", {}, el("span", { class: "key", "data-status": "NOT_SUPPORTED", "data-answer": "weak_no" }, shape("NOT_SUPPORTED"), el("b", {}, "–?")), el("span", {}, el("b", {}, "Weak no"), ` ${ANSWERS.weak_no.means}`)),
      el("li", {}, el("span", { class: "key", "data-status": "UNTESTABLE", "data-answer": "untestable" }, shape("UNTESTABLE"), el("b", {}, "U")), el("span", {}, el("b", {}, "Untestable"), ` ${ANSWERS.untestable.means}`)),
      el("li", {}, el("span", { class: "key", "data-answer": "none" }, " "), el("span", {}, el("b", {}, "Not tested"), ` ${ANSWERS.none.means}`))));

const HEADS = ["model", "disease", "answer", "status", "pairs", "supported", "nonspecific", "discordant", "not_supported", "untestable", "r", "q", "power_at_r_of_0_3", "sentence", "reason", "match"];

const plain = (model, disease, c) => [model.label, disease.label, c ? c.answer.replace("_", " ") : "not tested",
  ...(c ? [c.status, c.pairs, c.supported, c.nonspecific, c.discordant, c.notSupported, c.untestable, c.score, c.q, c.power, c.sentence, c.reason, c.match] : Array(13).fill(""))];
