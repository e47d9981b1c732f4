// <copy-text value="…">: a button that copies the value and says so.

class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    const label = button.querySelector("[data-label]");
    const status = this.querySelector("[role=status]");
    const before = label.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(this.getAttribute("value"));
      } catch {
        return;
      }
      label.textContent = status.textContent = this.getAttribute("copied");
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        label.textContent = before;
        status.textContent = "";
      }, 2000);
    });
  }
}

customElements.define("copy-text", CopyText);
