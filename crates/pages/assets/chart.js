// <chart-cursor>: around a chart and the table of its numbers, the newest first. The pointer and the arrow keys go along the
// line, and what is there is read out.

const SVG = "http://www.w3.org/2000/svg";

// Where somebody was stays, when the chart is drawn anew behind them.
let kept = null;

class ChartCursor extends HTMLElement {
  connectedCallback() {
    this.svg = this.querySelector("svg");
    // The area goes along the line and back below it by its last two points.
    const area = this.svg.querySelector(".area").getAttribute("d").matchAll(/[ML]([\d.]+) ([\d.]+)/g);
    this.points = [...area].slice(0, -2).map(([, x, y]) => [Number(x), Number(y)]);
    this.rows = [...this.querySelectorAll("tbody tr")].reverse().map(({ cells }) => [cells[0].textContent, cells[1].textContent]);
    if (this.points.length < 2 || this.points.length !== this.rows.length) return;
    this.plot = this.querySelector("[data-plot]");
    this.said = this.querySelector("[data-said]");
    this.mark = document.createElementNS(SVG, "path");
    this.mark.setAttribute("class", "cursor");
    this.dot = document.createElementNS(SVG, "circle");
    this.dot.setAttribute("class", "end");
    this.dot.setAttribute("r", "4");
    this.offer();
  }

  // What is shown as an image to whoever runs no script can be gone through.
  offer() {
    const { plot } = this;
    const last = this.rows.length - 1;
    plot.setAttribute("role", "slider");
    plot.setAttribute("tabindex", "0");
    plot.setAttribute("aria-label", document.getElementById(this.svg.getAttribute("aria-labelledby")).textContent);
    plot.setAttribute("aria-valuemin", "0");
    plot.setAttribute("aria-valuemax", String(last));
    const at = this.rows.findIndex(([day]) => day === kept);
    this.tell(at < 0 ? last : at);
    this.svg.setAttribute("aria-hidden", "true");
    plot.addEventListener("focus", () => this.go(this.at));
    plot.addEventListener("blur", () => this.leave());
    plot.addEventListener("keydown", (event) => this.key(event));
    plot.addEventListener("pointermove", (event) => this.go(this.nearest(event)));
    plot.addEventListener("pointerleave", () => plot !== document.activeElement && this.leave());
  }

  key(event) {
    const last = this.rows.length - 1;
    const week = 7;
    const to = {
      ArrowLeft: this.at - 1,
      ArrowDown: this.at - 1,
      ArrowRight: this.at + 1,
      ArrowUp: this.at + 1,
      PageDown: this.at - week,
      PageUp: this.at + week,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.go(Math.min(Math.max(to, 0), last));
  }

  nearest({ clientX }) {
    const { x, width } = this.svg.viewBox.baseVal;
    const box = this.svg.getBoundingClientRect();
    const at = x + ((clientX - box.left) / box.width) * width;
    const far = this.points.map(([point]) => Math.abs(point - at));
    return far.indexOf(Math.min(...far));
  }

  tell(at) {
    const [day, count] = this.rows[at];
    this.at = at;
    this.plot.setAttribute("aria-valuenow", String(at));
    this.plot.setAttribute("aria-valuetext", `${day}: ${count}`);
    return `${day}: ${count}`;
  }

  go(at) {
    const [x, y] = this.points[at];
    [kept] = this.rows[at];
    this.said.textContent = this.tell(at);
    this.mark.setAttribute("d", `M${x} 8V152`);
    this.dot.setAttribute("cx", String(x));
    this.dot.setAttribute("cy", String(y));
    this.svg.append(this.mark, this.dot);
  }

  leave() {
    this.said.textContent = "";
    this.mark.remove();
    this.dot.remove();
  }
}

customElements.define("chart-cursor", ChartCursor);
