/** SHA-256 of a file (FIPS 180-4) in parts, so that a large one need not fit in memory. */

const K = new Uint32Array(64);
const START = new Uint32Array(8);

/** The constants: first 32 bits of the fractions of the cube and square roots of the first primes. */
(() => {
  const fraction = (value) => Math.floor((value - Math.floor(value)) * 2 ** 32) >>> 0;
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  primes.forEach((p, at) => {
    K[at] = fraction(Math.cbrt(p));
    if (at < 8) START[at] = fraction(Math.sqrt(p));
  });
})();

const turn = (x, n) => (x >>> n) | (x << (32 - n));

export class Sha256 {
  #state = START.slice();
  #left = new Uint8Array(64);
  #held = 0;
  #bytes = 0;
  #words = new Uint32Array(64);

  /** `data`: a Uint8Array. */
  add(data) {
    this.#bytes += data.length;
    let at = 0;
    if (this.#held) {
      at = Math.min(64 - this.#held, data.length);
      this.#left.set(data.subarray(0, at), this.#held);
      this.#held += at;
      if (this.#held < 64) return;
      this.#block(this.#left, 0);
      this.#held = 0;
    }
    for (; at + 64 <= data.length; at += 64) this.#block(data, at);
    this.#left.set(data.subarray(at));
    this.#held = data.length - at;
  }

  /** The sum, in hexadecimal digits; nothing may be added after it. */
  end() {
    const bits = this.#bytes * 8;
    const pad = new Uint8Array(this.#held < 56 ? 64 - this.#held : 128 - this.#held);
    pad[0] = 0x80;
    const view = new DataView(pad.buffer);
    view.setUint32(pad.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(pad.length - 4, bits >>> 0);
    this.add(pad);
    return [...this.#state].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  #block(data, from) {
    const w = this.#words;
    for (let i = 0; i < 16; i++) {
      const at = from + 4 * i;
      w[i] = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3];
    }
    for (let i = 16; i < 64; i++) {
      const [x, y] = [w[i - 15], w[i - 2]];
      w[i] = w[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = this.#state;
    for (let i = 0; i < 64; i++) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    const s = this.#state;
    s[0] += a; s[1] += b; s[2] += c; s[3] += d; s[4] += e; s[5] += f; s[6] += g; s[7] += h;
  }
}
