/** One argument of a job, with an input for its type; columns of a file, and their values, are offered once they are known. */

import { ask, AskError } from "./ask.js";
import { ATLASES } from "./documents.js";
import { el, fresh } from "./dom.js";
import { count } from "./format.js";

const COLUMNS = "columns";

/** { node, renew(found, valueOf) }: `found` is the result of the inspection, `valueOf(name)` the value of another argument. */
export function field(argument, state) {
  const id = `argument-${argument.name}`;
  const value = state[argument.name] ?? argument.default ?? "";
  const help = argument.help && el("span", { class: "sub", id: `${id}-help` }, `${argument.help[0].toUpperCase()}${argument.help.slice(1)}`);
  const own = { id, name: argument.name, required: argument.required, "aria-describedby": help ? `${id}-help` : null };
  const name = spoken(argument.name);
  const place = el("div", { class: "field" });
  const box = boxOf(argument, own, value);
  const plain = () => place.replaceChildren(el("label", { for: id }, argument.several ? `${name} (separate several with ;)` : name), box, ...(help ? [help] : []));
  plain();
  if (argument.name === "atlas") atlasesInto(box);
  const list = el("datalist", { id: `${id}-columns` });
  const renew = (found, valueOf) => {
    if (argument.offered === COLUMNS) {
      list.replaceChildren(...found.columns.map((each) => el("option", { value: each.name }, `${count(each.distinct)} distinct values`)));
      box.after(list);
      box.setAttribute("list", list.id);
      const suggested = found.suggested?.[argument.name] ?? "";
      const fits = found.columns.some((each) => each.name === box.value);
      if (!fits && (!box.value || box.value === argument.default)) box.value = suggested;
    } else if (argument.offered) {
      const column = found.columns.find((each) => each.name === valueOf(argument.offered));
      if (!column?.values.length) return plain();
      const chosen = new Set([...place.querySelectorAll("input:checked")].map((each) => each.value));
      place.replaceChildren(values(argument, column, chosen, help));
    }
  };
  return { node: place, renew };
}

export const spoken = (name) => `${name[0].toUpperCase()}${name.slice(1)}`.replaceAll("_", " ");

function boxOf(argument, own, value) {
  if (argument.type === "CHOICE" || argument.type === "BOOL") {
    const choices = argument.type === "BOOL" ? ["true", "false"] : argument.choices;
    return el("select", own, (argument.default === null ? ["", ...choices] : choices).map((name) => el("option", { value: name, selected: name === value }, name || "–")));
  }
  if (argument.type === "INT" || argument.type === "FLOAT")
    return el("input", { ...own, type: "number", step: argument.type === "INT" ? "1" : "any", min: argument.least, max: argument.most, value });
  return el("input", { ...own, value, autocomplete: "off", spellcheck: "false" });
}

/** The values of a column, as checkboxes. */
const values = (argument, column, chosen, help) =>
  el("fieldset", { class: "values" },
    el("legend", {}, `${spoken(argument.name)}: values of ${column.name}`),
    column.values.map((each) => {
      const id = fresh("value");
      return el("span", { class: "tick" }, el("input", { id, type: "checkbox", name: argument.name, value: each.value, checked: chosen.has(each.value) }), el("label", { for: id }, `${each.value} (${count(each.cells)} cells)`));
    }),
    help);

/** The atlases of the graph are offered; a date or an id may follow the name. */
async function atlasesInto(box) {
  try {
    const { atlases } = await ask(ATLASES);
    box.after(el("datalist", { id: "atlases" }, atlases.nodes.map((each) => el("option", { value: each.label }))));
    box.setAttribute("list", "atlases");
    if (!box.value && atlases.nodes.length === 1) box.value = atlases.nodes[0].label;
  } catch (error) {
    if (!(error instanceof AskError)) throw error; // it can still be typed
  }
}
