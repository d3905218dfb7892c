/** A table of text read in the page: TSV, CSV or semicolons, with quotes; nothing of it is kept. */

import { COLUMN_NAMES, COLUMN_PARTS, GENE_COLUMNS } from "./declared.js";
import { AskError } from "./ask.js";
import { many } from "./format.js";

const MARKS = ["\t", ";", ","];
const NONE = /^(|na|n\/a|nan|null|none|\.|-)$/i;

/** { names, rows, column(at) }. Throws an AskError that names what is wrong. */
export async function read(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  const text = new TextDecoder(wide).decode(bytes).replace(/^\uFEFF/, "");
  if (text.includes("\0")) throw new AskError(`${file.name} is no text: save it as TSV or CSV.`, "NOT_TEXT");
  const body = text.replace(/^(#[^\n]*\n)+/, "");
  const [head] = body.split("\n", 1);
  const mark = MARKS.toSorted((a, b) => head.split(b).length - head.split(a).length)[0];
  const [names = [], ...rows] = cells(body, mark);
  names.forEach((name, at) => (names[at] = name.trim()));
  if (names.length < 2 || !rows.length) throw new AskError(`${file.name} needs a header and rows with at least two columns, separated by tabs, commas or semicolons.`, "NOT_TABULAR");
  if (rows.every((row) => row.length === names.length + 1)) names.unshift(""); // as R writes names of rows
  const bad = rows.findIndex((row) => row.length !== names.length);
  if (bad >= 0) throw new AskError(`${file.name}, row ${bad + 2}: ${many(rows[bad].length, "cell")}, where the header has ${names.length}. Repair the row, or separate the columns by tabs.`, "RAGGED");
  return { names, rows: rows.length, column: (at) => rows.map((row) => row[at].trim()) };
}

function cells(text, mark) {
  const rows = [];
  let row = [];
  let cell = "";
  let quoted = false;
  const close = () => {
    row.push(cell);
    cell = "";
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') cell += text[at++];
      else quoted = false;
    } else if (sign === '"' && !cell) quoted = true;
    else if (sign === mark) close();
    else if (sign === "\n") {
      close();
      if (row.length > 1 || row[0].trim()) rows.push(row);
      row = [];
    } else if (sign !== "\r") cell += sign;
  }
  if (cell || row.length) {
    close();
    rows.push(row);
  }
  return rows;
}

/** Numbers with null for none, and how many cells are words. Commas in numbers are for the server to read, which tells decimals from thousands: an AskError. */
export function numbers(texts, name) {
  const comma = texts.find((text) => /^[+-]?[\d.]*\d,\d[\d.,eE+-]*$/.test(text));
  if (comma) throw new AskError(`${name} has numbers with commas, such as ${comma}. As a job the table is read by its marks of decimals and thousands: use the other button, or write decimal points.`, "DECIMAL_MARK");
  let words = 0;
  const values = texts.map((text) => {
    if (NONE.test(text)) return null;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    words++;
    return null;
  });
  return { values, words };
}

const plain = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
const STABLE = /^ENS[A-Z]{0,5}G\d{11}/;

/** What each number of a table is -> place of its column, by the names that the server knows; genes by their ids, else by name. */
export function guessed(table) {
  const known = table.names.map(plain);
  const some = table.names.map((_, at) => table.column(at).slice(0, 200));
  const first = (words) => words.map((word) => known.indexOf(word)).find((at) => at >= 0);
  const ids = some.findIndex((texts) => texts.filter((text) => STABLE.test(text)).length > texts.length / 2);
  const found = { gene: ids >= 0 ? ids : first(GENE_COLUMNS) ?? 0 };
  for (const [what, words] of Object.entries(COLUMN_NAMES)) {
    const at = first(words) ?? known.findIndex((name) => (COLUMN_PARTS[what] ?? []).some((part) => name.includes(part)) && (what !== "p" || !COLUMN_PARTS.fdr.some((part) => name.includes(part))));
    if (at >= 0 && at !== found.gene && !Object.values(found).includes(at)) found[what] = at;
  }
  const genes = some[found.gene];
  const mouse = genes.filter((text) => /^ENSMUSG\d/.test(text)).length;
  const human = genes.filter((text) => /^ENSG\d/.test(text)).length;
  const species = mouse > genes.length / 2 ? "mouse" : human > genes.length / 2 ? "human" : null;
  return { found, ids: ids >= 0, species };
}
