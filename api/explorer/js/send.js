/** Uploads a file in parts; an interrupted upload resumes where it stopped, even after the page was closed. */

import { askAgain, AskError, request } from "./ask.js";
import { JOB_SPACE } from "./documents.js";
import { Sha256 } from "./sha256.js";

const PART = 4 * 1024 * 1024;
const TRIES = 6;
const FIRST_WAIT = 500;
const AGAIN = new Set(["UNREACHABLE", "UPLOAD_OFFSET", "UPLOAD_BUSY", "UPLOAD_SLOW", "BUSY", "RATE_LIMITED", "STORE_DOWN"]);

const after = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Resolves to the complete upload. `tell(step, bytes)`: step is "read" or "sent". Throws the error that stopped it; `signal` aborts it. */
export async function send(file, tell, signal) {
  const sha256 = await digest(file, tell, signal);
  const { jobSpace } = await askAgain(JOB_SPACE);
  const same = jobSpace.uploads.filter((each) => each.sha256 === sha256 && each.size === file.size && each.name === file.name);
  let upload = same.find((each) => each.complete) ?? same.at(-1) ?? (await begun(file, sha256, signal));
  for (let tries = 0; !upload.complete; ) {
    tell("sent", upload.received);
    try {
      upload = await part(upload, file, signal);
      tries = 0;
    } catch (error) {
      if (!(error instanceof AskError) || !AGAIN.has(error.code) || ++tries > TRIES) throw error;
      await after(FIRST_WAIT * 2 ** (tries - 1));
      signal.throwIfAborted();
      upload = await looked(upload, signal);
    }
  }
  tell("sent", file.size);
  return upload;
}

async function digest(file, tell, signal) {
  const sum = new Sha256();
  for (let at = 0; at < file.size; at += PART) {
    signal.throwIfAborted();
    sum.add(new Uint8Array(await file.slice(at, at + PART).arrayBuffer()));
    tell("read", Math.min(at + PART, file.size));
  }
  return sum.end();
}

const json = async (answer) => (await answer).json();

const begun = (file, sha256, signal) =>
  json(request("POST", "/uploads", { headers: { "content-type": "application/json" }, body: JSON.stringify({ name: file.name, size: file.size, sha256 }), signal }));

const part = (upload, file, signal) =>
  json(request("PATCH", `/uploads/${upload.id}`, {
    headers: { "content-type": "application/octet-stream", "upload-offset": String(upload.received) },
    body: file.slice(upload.received, upload.received + PART), signal,
  }));

/** The bytes received so far; unchanged if the server does not answer. */
async function looked(upload, signal) {
  try {
    return await json(request("GET", `/uploads/${upload.id}`, { signal }));
  } catch (error) {
    if (error instanceof AskError && AGAIN.has(error.code)) return upload;
    throw error;
  }
}
