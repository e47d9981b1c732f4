// <color-worth field="ID" grounds="#rrggbb …" good="… {ratio}" low="… {ratio}">: says how well a colour that is being typed can be
// read. Only a hint: the server decides, and names the nearest colour that is enough.

// WCAG 2.2: enough for words (§1.4.3), and relative luminance (§6).
const ENOUGH = 4.5;
const COLOR = /^#[0-9a-f]{6}$/i;

function luminance(color) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

class ColorWorth extends HTMLElement {
  connectedCallback() {
    this.input = document.getElementById(this.getAttribute("field"));
    this.listener = () => this.show(this.input.value.trim());
    this.input.addEventListener("input", this.listener);
  }

  disconnectedCallback() {
    this.input.removeEventListener("input", this.listener);
  }

  show(color) {
    // Half a colour is none yet.
    if (!COLOR.test(color)) return;
    const grounds = this.getAttribute("grounds").split(" ");
    const ratio = Math.min(...grounds.map((ground) => contrast(color, ground)));
    // Rounded down: 4.49 is not enough.
    const words = (Math.floor(ratio * 10) / 10).toFixed(1);
    const text = document.createElement("span");
    text.textContent = this.getAttribute(ratio < ENOUGH ? "low" : "good").replace("{ratio}", words);
    this.toggleAttribute("data-low", ratio < ENOUGH);
    this.replaceChildren(this.swatch(color), text);
  }

  // As the server draws it.
  swatch(color) {
    const [svg, rect] = ["svg", "rect"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
    svg.setAttribute("class", "swatch");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    for (const [name, value] of [["width", 16], ["height", 16], ["rx", 4], ["fill", color]]) rect.setAttribute(name, value);
    svg.append(rect);
    return svg;
  }
}

customElements.define("color-worth", ColorWorth);
