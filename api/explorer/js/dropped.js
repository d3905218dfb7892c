/** A place for a file: dropped or chosen, sent in parts with its progress, stopped, gone on with. */

import { askAgain, AskError } from "./ask.js";
import { JOB_SPACE } from "./documents.js";
import { el, fresh, say } from "./dom.js";
import { bytes, sentence } from "./format.js";
import { send } from "./send.js";

const STEPS = { read: "Reading", sent: "Sent" };

/** `arrived(upload)`: it is complete, or null when another is chosen. */
export function dropped(file, arrived, still) {
  const id = fresh("file");
  const told = el("p", { class: "note", role: "status", id: `${id}-told` }, "");
  const bar = el("progress", { max: "1", value: "0", "aria-label": `How much of the file ${file.name} has come`, hidden: true });
  const stop = el("button", { type: "button", class: "quiet", hidden: true }, "Stop");
  const again = el("button", { type: "button", class: "quiet", hidden: true }, "Go on");
  const input = el("input", { id, type: "file", accept: file.suffixes.join(","), "aria-describedby": `${id}-told`, on: { change: () => input.files[0] && begin(input.files[0]) } });
  const before = el("select", { id: `${id}-before`, on: { change: () => picked() } });
  const earlier = el("div", { class: "field", hidden: true }, el("label", { for: `${id}-before` }, "or one that you sent before"), before);
  let running = null;
  let kept = [];

  const picked = () => {
    const upload = kept.find((each) => each.id === before.value);
    running?.abort();
    if (upload) told.textContent = `${upload.name}, ${bytes(upload.size)}.`;
    arrived(upload ?? null);
  };

  async function begin(chosen) {
    running?.abort();
    const mine = (running = new AbortController());
    arrived(null);
    before.value = "";
    [bar.hidden, stop.hidden, again.hidden] = [false, false, true];
    stop.onclick = () => mine.abort();
    again.onclick = () => begin(chosen);
    const looking = setInterval(() => still() || mine.abort(), 500);
    try {
      const upload = await send(chosen, (step, at) => {
        if (mine !== running) return;
        bar.value = at / chosen.size;
        told.textContent = `${chosen.name}: ${STEPS[step]} ${bytes(at)} of ${bytes(chosen.size)}`;
      }, mine.signal);
      if (mine !== running || !still()) return;
      told.textContent = `${chosen.name}, ${bytes(chosen.size)}, has come whole.`;
      say(`${chosen.name} has come whole`);
      [bar.hidden, stop.hidden] = [true, true];
      await arrived(upload);
    } catch (error) {
      if (mine !== running) return;
      if (!mine.signal.aborted && !(error instanceof AskError)) throw error;
      told.textContent = mine.signal.aborted ? `${chosen.name}: stopped. What has come is kept.` : `${chosen.name}: ${error.message} (${error.code})`;
      again.hidden = false;
    } finally {
      clearInterval(looking);
      if (mine === running) stop.hidden = true;
    }
  }

  const place = el("div", { class: "drop", role: "group", "aria-label": `File: ${file.name}` },
    el("div", { class: "field" }, el("label", { for: id }, `${sentence(file.help || file.name)} Drop a file here, or choose it (${file.suffixes.join(", ")})`), input),
    earlier, el("div", { class: "coming" }, bar, told, stop, again));
  for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    place.addEventListener(name, (event) => {
      event.preventDefault();
      place.classList.toggle("over", over);
      if (name === "drop" && event.dataTransfer.files[0]) begin(event.dataTransfer.files[0]);
    });
  }
  offer();
  return place;

  /** Files of before that fit. */
  async function offer() {
    try {
      const { jobSpace } = await askAgain(JOB_SPACE);
      kept = jobSpace.uploads.filter((each) => each.complete && file.suffixes.some((suffix) => each.name.toLowerCase().endsWith(suffix))).toReversed();
      before.replaceChildren(el("option", { value: "" }, "–"), ...kept.map((each) => el("option", { value: each.id }, `${each.name}, ${bytes(each.size)}`)));
      earlier.hidden = !kept.length;
    } catch (error) {
      if (!(error instanceof AskError)) throw error; // a file can still be sent
    }
  }
}
