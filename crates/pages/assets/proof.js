// <proof-of-work challenge="/path">: in a form, holds it back until a number is found whose SHA-256 with the
// challenge starts with enough zero bits.

/** Hashes that are asked for together: the page stays alive between two such batches. */
const BATCH = 512;

const encoder = new TextEncoder();

/** Whether a hash starts with that many zero bits, of which there are at most 64. */
function isRight(hash, bits) {
  const view = new DataView(hash);
  const first = Math.clz32(view.getUint32(0));
  return (first < 32 ? first : 32 + Math.clz32(view.getUint32(4))) >= bits;
}

/** Searches to the end; `told` hears the share that is done, as far as chance lets it be known. */
async function solve({ challenge, bits }, told) {
  for (let tried = 0; ; tried += BATCH) {
    const texts = Array.from({ length: BATCH }, (_, index) => `${challenge}.${tried + index}`);
    const hashes = await Promise.all(texts.map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))));
    const found = hashes.findIndex((hash) => isRight(hash, bits));
    if (found >= 0) return texts[found];
    told(1 - Math.exp(-tried / 2 ** bits));
  }
}

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
