/** An error as a person can act on it. */

import { useToken } from "./ask.js";
import { el } from "./dom.js";

const LOCKED = new Set(["UNAUTHENTICATED", "FORBIDDEN"]);

/** `address(hint)`: where a suggestion leads. */
export function trouble(error, address = null) {
  return el(
    "section",
    { class: "trouble", role: "alert" },
    el("h2", {}, LOCKED.has(error.code) ? "This server needs an access token" : "The request could not be answered"),
    el("p", {}, error.message),
    error.hints.length > 0 && el("p", {}, "Did you mean ", error.hints.map((hint, at) => [at ? ", " : "", address ? el("a", { href: address(hint) }, hint) : hint]), "?"),
    LOCKED.has(error.code) && tokenForm(),
    el("p", { class: "sub" }, error.code),
  );
}

function tokenForm() {
  const send = (event) => {
    event.preventDefault();
    useToken(new FormData(event.target).get("token").trim());
    location.reload();
  };
  return el(
    "form",
    { class: "ask", on: { submit: send } },
    el("div", { class: "field" }, el("label", { for: "token" }, "Access token (kept until you close this tab)"), el("input", { id: "token", name: "token", type: "password", autocomplete: "off", required: true })),
    el("button", { type: "submit", class: "main" }, "Use it"),
  );
}
