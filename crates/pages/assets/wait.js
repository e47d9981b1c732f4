// <time-left>: counts down to when one may try again. A screen reader hears it at most every 30 seconds, and when the
// wait is over. Without script the sentence stays as it is.

class TimeLeft extends HTMLElement {
  connectedCallback() {
    const end = Date.now() + Number(this.getAttribute("seconds")) * 1000;
    const [shown, said] = ["span", "span"].map((name) => document.createElement(name));
    shown.ariaHidden = "true";
    said.className = "visually-hidden";
    const words = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0) return [0, this.getAttribute("over")];
      const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      return [left, this.getAttribute("waiting").replace("{time}", time)];
    };
    const tick = () => {
      const [left, text] = words();
      shown.textContent = text;
      if (left % 30 === 0) said.textContent = text;
      if (left === 0) clearInterval(this.timer);
    };
    this.replaceChildren(shown, said);
    [, said.textContent] = words();
    this.timer = setInterval(tick, 1000);
    tick();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }
}

customElements.define("time-left", TimeLeft);
