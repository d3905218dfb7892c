/** Questions to this server and no other. An answer is kept while the page is open. */

const kept = new Map();
let token = sessionStorage.getItem("token") ?? "";

export class AskError extends Error {
  /** `code`: extensions.code of the server; `hints`: what to ask instead. */
  constructor(message, code, hints = []) {
    super(message);
    Object.assign(this, { code, hints });
  }
}

/** Who asks; kept until the tab is closed. */
export function useToken(text) {
  token = text;
  sessionStorage.setItem("token", text);
  kept.clear();
}

async function sent(method, path, { headers = {}, ...more }) {
  const told = token ? { ...headers, authorization: `Bearer ${token}` } : headers;
  try {
    return await fetch(path, { method, headers: told, credentials: "omit", ...more });
  } catch (error) {
    if (more.signal?.aborted) throw error;
    throw new AskError("The server does not answer. Is it still running?", "UNREACHABLE");
  }
}

const post = (path, body, accept) => sent("POST", path, { headers: { "content-type": "application/json", accept }, body: JSON.stringify(body) });

/** The answer of any address of this server; what it refuses is an AskError. `more`: headers, body, signal. */
export async function request(method, path, more = {}) {
  const answer = await sent(method, path, more);
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw problem(said.errors?.[0], answer.status);
}

function problem(error, status) {
  const more = error?.extensions ?? {};
  const hints = [...(more.suggestions ?? []), ...(more.replacement ? [more.replacement] : [])];
  const issues = (more.issues ?? []).map((issue) => `${issue.path}: ${issue.rule}; ${issue.fix}`);
  const code = more.code ?? (status === 401 ? "UNAUTHENTICATED" : `HTTP ${status}`);
  return new AskError([error?.message ?? `The server answered ${status}.`, ...issues].join(" "), code, hints);
}

/** Data of a GraphQL query. Errors that leave some data come back as `data.problems`. */
export function ask(query, variables = {}) {
  const key = JSON.stringify([query, variables]);
  if (!kept.has(key)) {
    const asked = answered(query, variables);
    kept.set(key, asked);
    asked.catch(() => kept.delete(key));
  }
  return kept.get(key);
}

/** What was answered is asked again: something has changed. */
export const forget = () => kept.clear();

/** The same, asked again: of what changes while the page is open. */
export const askAgain = (query, variables = {}) => answered(query, variables);

async function answered(query, variables) {
  const answer = await post("/graphql", { query, variables }, "application/json");
  const said = await answer.json().catch(() => ({}));
  const errors = said.errors ?? [];
  if (!said.data || Object.values(said.data).every((value) => value === null && errors.length)) {
    throw problem(errors[0], answer.status);
  }
  return { ...said.data, problems: errors.map((error) => problem(error, answer.status)) };
}

/** Rows of a Cypher query: { columns, rows, truncated }. */
export async function cypher(query, parameters = {}) {
  const answer = await post("/cypher", { query, parameters }, "application/json");
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw problem(said.errors?.[0] ?? said.error ?? said, answer.status);
  return said;
}
