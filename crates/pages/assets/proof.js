// <proof-of-work challenge="/path">: in a form, holds it back until a number is found whose SHA-256 with the
// challenge starts with enough zero bits. Own code, because crypto.subtle takes one promise for each hash and is not
// there without HTTPS; in slices, so that the page stays alive. The hash is FIPS 180-4.

const SLICE = 24;

const primes = (count) => {
  const found = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime)) found.push(n);
  return found;
};
/** The first 32 bits of a number's fraction. */
const fraction = (number) => Math.floor((number % 1) * 2 ** 32);
const K = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));
const schedule = new Int32Array(64);

/** One step of SHA-256 over a block of 64 bytes; `state` is changed. */
export function compress(state, block) {
  const w = schedule;
  for (let i = 0; i < 16; i++) {
    const at = 4 * i;
    w[i] = (block[at] << 24) | (block[at + 1] << 16) | (block[at + 2] << 8) | block[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15];
    const y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/** Tries numbers: what `search(count)` tries, and its answer once there is one. Whole blocks before the number are
    hashed once; the rest, the number and the padding must fit into the last block. */
export function seeker(challenge, bits) {
  const head = new TextEncoder().encode(`${challenge}.`);
  const whole = head.length - (head.length % 64);
  const middle = START.slice();
  for (let at = 0; at < whole; at += 64) compress(middle, head.subarray(at, at + 64));
  const rest = head.subarray(whole);
  const block = new Uint8Array(64);
  const view = new DataView(block.buffer);
  const state = START.slice();
  let nonce = 0;
  return (count) => {
    for (const end = nonce + count; nonce < end; nonce++) {
      const digits = String(nonce);
      const length = rest.length + digits.length;
      block.fill(0);
      block.set(rest);
      for (let i = 0; i < digits.length; i++) block[rest.length + i] = digits.charCodeAt(i);
      block[length] = 0x80;
      view.setUint32(60, (whole + length) * 8);
      state.set(middle);
      compress(state, block);
      const zeros = state[0] ? Math.clz32(state[0]) : 32 + Math.clz32(state[1]);
      if (zeros >= bits) return `${challenge}.${digits}`;
    }
    return null;
  };
}

/** Searches to the end; `told` hears the share that is done, as far as chance lets it be known. */
export async function solve({ challenge, bits }, told) {
  const search = seeker(challenge, bits);
  let [tried, count] = [0, 256];
  for (;;) {
    const began = performance.now();
    const answer = search(count);
    if (answer) return answer;
    tried += count;
    if (performance.now() - began < SLICE) count *= 2;
    told(1 - Math.exp(-tried / 2 ** bits));
    await new Promise((resolve) => setTimeout(resolve));
  }
}

if (globalThis.customElements) {
  class ProofOfWork extends HTMLElement {
    connectedCallback() {
      this.form = this.closest("form");
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!this.busy) this.work(event.submitter);
      });
      // A page that the browser brings back starts anew.
      addEventListener("pageshow", () => this.show(null));
    }

    show(key) {
      this.busy = key === "working";
      this.form.toggleAttribute("aria-busy", this.busy);
      const template = key && this.querySelector(`template[data-notice="${key}"]`);
      this.querySelector(".live").replaceChildren(...(template ? [template.content.cloneNode(true)] : []));
    }

    async work(button) {
      this.show("working");
      button?.setAttribute("aria-disabled", "true");
      const bar = this.querySelector(".live progress");
      try {
        const response = await fetch(this.getAttribute("challenge"), { headers: { accept: "application/json" } });
        if (!response.ok) throw Object.assign(new Error(), { key: response.status === 429 ? "too-many" : "captcha-failed" });
        this.querySelector("input").value = await solve(await response.json(), (share) => (bar.value = share));
        this.form.submit();
      } catch (error) {
        this.show(error.key ?? (error instanceof TypeError ? "offline" : "captcha-failed"));
      }
      button?.removeAttribute("aria-disabled");
    }
  }

  customElements.define("proof-of-work", ProofOfWork);
}
