/** Tables that leave the page: tab-separated, all digits, from the data that is shown. */

/** A text that a spreadsheet takes for a formula; as kg/tables/spreadsheet.py has it. */
const STARTS = /^'*(?:[=+@\uff1d\uff0b\uff0d\uff20]|-(?=.))/s;
const NUMBER = /^-(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$|^-(?:inf|infinity|nan)$/i;

/** One cell. A text that a spreadsheet would take for a formula is quoted with an apostrophe. */
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = (typeof value === "object" ? JSON.stringify(value) : String(value)).replace(/[\t\r\n]+/g, " ");
  return STARTS.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

export const text = (heads, rows) => [heads, ...rows].map((line) => line.map(cell).join("\t")).join("\n") + "\n";

export const download = (name, heads, rows) =>
  save(`${name.replace(/[^\w.-]+/g, "_")}.tsv`, new Blob([text(heads, rows)], { type: "text/tab-separated-values" }));

/** A file of this name, which the browser puts where it puts downloads. */
export function save(name, blob) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
