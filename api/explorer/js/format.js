/** Numbers and words as people read them. */

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

const minus = (text) => text.replace("-", "−");

/** A score or effect with a sign that lines up; "–" where there is none. */
export function score(value, digits = 2) {
  if (value === null || value === undefined) return "–";
  const text = Number(value).toFixed(digits);
  return minus(Number(text) === 0 ? (0).toFixed(digits) : text);
}

/** A p or q: two digits, powers of ten below 0.001. */
export function chance(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "< 10⁻³⁰⁰"; // below what a number here can hold
  if (value >= 0.095) return value.toFixed(2);
  if (value >= 0.00095) return String(Number(value.toPrecision(2)));
  const [head, power] = value.toExponential(1).split("e");
  return `${head}×10${[...String(Number(power))].map((sign) => RAISED[sign]).join("")}`;
}

export const count = (value) => (value === null || value === undefined ? "–" : Math.round(value).toLocaleString("en"));

export const many = (n, one, more = `${one}s`) => `${count(n)} ${n === 1 ? one : more}`;

/** Names in a row: "a, b and c". */
export const row = (names) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;

export const sentence = (text) => (text ? text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".") : "");

export const bytes = (value) => (value < 1e6 ? `${count(Math.max(value / 1e3, value && 1))} kB` : value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(2)} GB`);
