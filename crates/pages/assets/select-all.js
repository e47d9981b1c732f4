// <select-all name="NAME">: its checkbox ticks all of that name in the same form, and shows how many are ticked.

class SelectAll extends HTMLElement {
  connectedCallback() {
    this.box = this.querySelector("input");
    this.form = this.closest("form");
    this.box.addEventListener("change", () => {
      for (const other of this.others()) other.checked = this.box.checked;
    });
    this.form.addEventListener("change", () => this.show());
    this.show();
  }

  others() {
    return [...this.form.elements].filter((one) => one.name === this.getAttribute("name"));
  }

  show() {
    const others = this.others();
    const ticked = others.filter((one) => one.checked).length;
    this.box.checked = ticked > 0 && ticked === others.length;
    this.box.indeterminate = ticked > 0 && ticked < others.length;
  }
}

customElements.define("select-all", SelectAll);
