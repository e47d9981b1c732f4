// <live-preview>: shows again what its form makes of a page whenever a field has changed. Without script the button of the
// preview does that.

const PAUSE_MS = 350;

class LivePreview extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    const button = form.querySelector("[data-preview]");
    const show = ({ target }) => {
      // The size is the frame's, which the style sheet knows.
      if (target.name === "size") return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => form.requestSubmit(button), target.type === "file" ? 0 : PAUSE_MS);
    };
    form.addEventListener("input", show);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }
}

customElements.define("live-preview", LivePreview);
