/** The progress of a job: as server-sent events, or by polling where those do not arrive. */

import { askAgain, AskError, request } from "./ask.js";
import { JOB_STATE } from "./documents.js";

export const ENDED = new Set(["done", "failed", "cancelled", "gone"]);
const LOOK = 300;
const POLL = 2000;
const TRIES = 3;

const after = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** The final state of the job, or null if the page was left. `heard(line)`: { done, total, message } or { state }. */
export async function follow(job, still, heard) {
  const leaving = new AbortController();
  const looking = setInterval(() => still() || leaving.abort(), LOOK);
  try {
    const place = { last: "" };
    for (let tries = 0; still() && tries < TRIES; ) {
      const before = place.last;
      try {
        const state = await listened(job, place, heard, leaving.signal);
        if (state) return state;
      } catch (error) {
        if (leaving.signal.aborted) return null;
        if (error instanceof AskError && error.code === "UNKNOWN_TERM") return "gone";
      }
      tries = place.last === before ? tries + 1 : 0;
      await after(POLL / 4);
    }
    return await polled(job, still, heard);
  } finally {
    clearInterval(looking);
  }
}

/** Reads until the stream ends; returns the state of a job that has ended. `place.last` is the number of the last line. */
async function listened(job, place, heard, signal) {
  const headers = { accept: "text/event-stream", ...(place.last && { "last-event-id": place.last }) };
  const answer = await request("GET", job.events, { headers, signal });
  if (answer.status === 204) return polledState(job, heard);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return null;
    held += value;
    const events = held.split("\n\n");
    held = events.pop();
    for (const event of events) {
      const fields = Object.fromEntries(event.split("\n").filter((line) => line.includes(": ") && !line.startsWith(":")).map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      if (fields.event === "gone") return "gone";
      if (fields.id) place.last = fields.id;
      if (!fields.data) continue;
      const line = JSON.parse(fields.data);
      heard(line);
      if (ENDED.has(line.state)) return line.state;
    }
  }
}

async function polledState(job, heard) {
  const { job: found } = await askAgain(JOB_STATE, { id: job.curie });
  const state = found.state.toLowerCase();
  heard({ ...found.progress, state });
  return ENDED.has(state) ? state : null;
}

async function polled(job, still, heard) {
  while (still()) {
    try {
      const state = await polledState(job, heard);
      if (state) return state;
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      if (error.code === "UNKNOWN_TERM") return "gone";
    }
    await after(POLL);
  }
  return null;
}
