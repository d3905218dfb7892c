/** The state of the page is its address: every view can be shared, and back and forward work. */

const DEFAULTS = { view: "verdicts", level: "gene", policy: "one2one" };

let show = () => {};

export function read() {
  return { ...DEFAULTS, ...Object.fromEntries(new URLSearchParams(location.search)) };
}

export function href(state) {
  const kept = Object.entries(state).filter(([name, value]) => value && DEFAULTS[name] !== value);
  const text = new URLSearchParams(kept).toString().replaceAll("%3A", ":").replaceAll("%2F", "/");
  return text ? `/?${text}` : "/";
}

export function go(state, { replace = false } = {}) {
  const before = read();
  history[replace ? "replaceState" : "pushState"](null, "", href(state));
  show(read(), before);
}

/** `act(state, before)` runs now and at each change of the address. `before` is null at first. */
export function follow(act) {
  let last = null;
  show = (state) => {
    const before = last;
    last = state;
    act(state, before);
  };
  addEventListener("popstate", () => show(read()));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.pathname !== "/" || link.hash) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    show(read());
  });
  show(read());
}
