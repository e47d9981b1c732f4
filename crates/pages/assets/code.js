// <code-entry>: sends the form when the code is complete. <resend-code>: holds the button back until a new code
// may be asked for. Without script the form and the button work as they are.

class CodeEntry extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    const input = this.querySelector("input[name=code]");
    const length = Number(this.getAttribute("length"));
    let sent = "";
    const check = () => {
      const code = input.value.replace(/\D/g, "").slice(0, length);
      if (input.value !== code) input.value = code;
      if (code.length !== length || code === sent) return;
      sent = code;
      form.requestSubmit();
    };
    // A mail client copies "123 456" or the whole line: take the digits before the length limit cuts them.
    input.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text") ?? "";
      const code = text.match(new RegExp(`(?<!\\d)\\d{${length}}(?!\\d)`))?.[0] ?? text.replace(/\D/g, "");
      if (!code) return;
      event.preventDefault();
      input.value = code.slice(0, length);
      check();
    });
    input.addEventListener("input", check);
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
    // Back from the next page: the form may be sent again.
    addEventListener("pageshow", () => {
      delete form.dataset.sent;
      sent = "";
    });
    check();
  }
}

class ResendCode extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    const status = this.querySelector("[role=status]");
    const ready = button.textContent;
    const end = Date.now() + Number(this.getAttribute("seconds")) * 1000;
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      button.disabled = left > 0;
      const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      const text = this.getAttribute("waiting").replace("{time}", time);
      button.textContent = left > 0 ? text : ready;
      // Read out at most every 30 seconds, and when the wait is over.
      if (left > 0 && left % 30 === 0) status.textContent = text;
      if (left <= 0) {
        clearInterval(this.timer);
        if (status.textContent) status.textContent = ready;
      }
    };
    this.timer = setInterval(tick, 1000);
    tick();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }
}

customElements.define("code-entry", CodeEntry);
customElements.define("resend-code", ResendCode);
