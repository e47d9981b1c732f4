// <chart-cursor>: around a chart, whose `data-points` are where its periods are, and the table of their numbers, the newest
// first. The pointer and the arrow keys go from period to period, and the columns that have `data-told` are read out.

const SVG = "http://www.w3.org/2000/svg";

// Where somebody was on which chart stays, when it is drawn anew behind them.
const kept = new Map();

class ChartCursor extends HTMLElement {
  connectedCallback() {
    this.svg = this.querySelector("svg[data-points]");
    this.points = this.svg.dataset.points.split(" ").map((point) => point.split(",").map(Number));
    const heads = [...this.querySelectorAll("thead th")].map((head) => ("told" in head.dataset ? head.textContent : null));
    this.rows = [...this.querySelectorAll("tbody tr")].reverse().map(({ cells }) => {
      const told = [...cells].map((cell, at) => [heads[at], cell.textContent]).filter(([head]) => head !== null);
      // What is told alone is what the chart is about.
      const words = told.map(([head, count]) => (told.length > 1 ? `${head} ${count}` : count));
      return [cells[0].textContent, words.join(", ")];
    });
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
    const at = this.rows.findIndex(([day]) => day === kept.get(plot.id));
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
    const words = this.rows[at].join(": ");
    this.at = at;
    this.plot.setAttribute("aria-valuenow", String(at));
    this.plot.setAttribute("aria-valuetext", words);
    return words;
  }

  go(at) {
    const [x, y] = this.points[at];
    kept.set(this.plot.id, this.rows[at][0]);
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
