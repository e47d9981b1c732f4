// <live-preview>: shows again what its form makes of a page whenever a field has changed. Without script the button of the
// preview does that.

const PAUSE_MS = 350;

class LivePreview extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    const button = form.querySelector("[data-preview]");
    // Half a colour is none yet: what was shown last stays until the field can be read.
    const show = () => form.checkValidity() && form.requestSubmit(button);
    form.addEventListener("input", ({ target }) => {
      // The size is the frame's, which the style sheet knows.
      if (target.name === "size") return;
      clearTimeout(this.timer);
      this.timer = setTimeout(show, target.type === "file" ? 0 : PAUSE_MS);
    });
    // Why there is no preview is said where it was typed, as after publishing.
    const frame = this.querySelector("iframe");
    const fault = this.querySelector("[data-typed-fault]");
    frame.addEventListener("load", () => {
      const said = frame.contentDocument?.querySelector("[data-fault]");
      fault.hidden = !said;
      fault.querySelector("p").textContent = said?.textContent ?? "";
    });
    // The frame begins with what is stored; after a check or a refusal there is more in the fields.
    if (form.hasAttribute("data-typed")) show();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }
}

customElements.define("live-preview", LivePreview);
