// <command-palette>: Ctrl+K (⌘K) opens a dialog that goes anywhere by name. The pages in it are the links of the menus on this
// page, so it knows no place that they do not; tenants are found by the API; people by the list of users, whose tenant's log
// says who looked, so nobody is looked up while somebody types.
// Combobox with a listbox (WAI-ARIA Authoring Practices): the focus stays in the field, arrows choose, Enter goes.

const PAUSE_MS = 150;
const MOST_TENANTS = 8;

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const isMac = () => /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);

function element(tag, role, id = "", words = "") {
  const made = document.createElement(tag);
  made.setAttribute("role", role);
  if (id) made.id = id;
  made.textContent = words;
  return made;
}

class CommandPalette extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.field = this.querySelector("[role=combobox]");
    this.list = this.querySelector("[role=listbox]");
    this.none = this.querySelector("[role=status]");
    this.tenants = [];
    if (isMac()) this.querySelector("kbd").textContent = "⌘K";
    this.querySelector("button").addEventListener("click", () => this.open());
    this.field.addEventListener("input", () => this.typed());
    this.dialog.addEventListener("keydown", (event) => this.pressed(event));
    // Around the dialog is the dialog itself.
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("close", () => this.forget());
    this.list.addEventListener("click", (event) => this.go(event.target.closest("[role=option]"), event));
    // The field keeps the focus.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.shortcut = (event) => {
      const wanted = isMac() ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      if (!wanted || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      if (this.dialog.open) this.dialog.close();
      else this.open();
    };
    document.addEventListener("keydown", this.shortcut);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.shortcut);
    this.forget();
  }

  // A modal dialog gives the focus back to what had it.
  open() {
    this.field.value = "";
    this.tenants = [];
    this.show();
    this.dialog.showModal();
    this.field.focus();
  }

  forget() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  typed() {
    this.forget();
    this.tenants = [];
    this.show();
    const text = this.field.value.trim();
    if (text) this.timer = setTimeout(() => this.search(text), PAUSE_MS);
  }

  async search(text) {
    const asking = (this.asking = new AbortController());
    const path = this.getAttribute("tenants");
    const query = new URLSearchParams({ q: text, limit: MOST_TENANTS });
    // The workspace is the one of this page, whichever was opened last.
    const headers = { "kiavi-workspace": path.split("/")[2] };
    try {
      const answer = await fetch(`/v1/tenants?${query}`, { headers, signal: asking.signal });
      const { items } = answer.ok ? await answer.json() : { items: [] };
      if (asking.signal.aborted) return;
      this.tenants = items.map(({ slug }) => ({ words: slug, href: `${path}${slug}` }));
      this.show();
    } catch {
      // Without an answer the pages are still there.
    }
  }

  // What fits what is typed, in groups, the nearest menu first.
  groups() {
    const text = this.field.value.trim();
    const words = plain(text).split(/\s+/);
    const links = (menu) => [...menu.querySelectorAll("a[href]")].map((link) => ({ words: link.textContent.trim(), href: link.href }));
    const fits = (one, name) => words.every((word) => plain(`${name} ${one.words}`).includes(word));
    const menus = [...document.querySelectorAll("[data-palette]")].reverse();
    const groups = menus.map((menu) => {
      const name = menu.dataset.palette;
      return { name, options: links(menu).filter((one) => fits(one, name)) };
    });
    groups.push({ name: this.getAttribute("tenants-label"), options: this.tenants });
    const people = document.querySelector("[data-palette] [data-search]");
    if (text && people) {
      const href = new URL(people.href);
      href.searchParams.set(people.dataset.search, text);
      groups.push({ name: people.textContent.trim(), options: [{ words: this.getAttribute("people").replace("%s", () => text), href: href.href }] });
    }
    return groups.filter(({ options }) => options.length > 0);
  }

  show() {
    const before = this.chosen()?.dataset.href;
    let count = 0;
    const groups = this.groups().map(({ name, options }, index) => {
      const title = element("p", "presentation", `palette-group-${index}`, name);
      title.className = "soft small";
      const group = element("div", "group");
      group.setAttribute("aria-labelledby", title.id);
      group.append(title, ...options.map((one) => this.option(one, `palette-option-${count++}`)));
      return group;
    });
    this.list.replaceChildren(...groups);
    this.field.setAttribute("aria-expanded", String(count > 0));
    this.none.textContent = count > 0 ? "" : this.none.dataset.none;
    const options = this.options();
    // What arrives later moves nothing away from under somebody's choice.
    this.choose((this.moved && options.find(({ dataset }) => dataset.href === before)) || options[0]);
  }

  option({ words, href }, id) {
    const option = element("div", "option", id, words);
    option.className = "break";
    option.dataset.href = href;
    return option;
  }

  options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  chosen() {
    return this.list.querySelector("[aria-selected=true]");
  }

  choose(option) {
    for (const one of this.options()) one.setAttribute("aria-selected", String(one === option));
    if (option) this.field.setAttribute("aria-activedescendant", option.id);
    else this.field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  pressed(event) {
    if (event.isComposing) return;
    const options = this.options();
    const at = options.indexOf(this.chosen());
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    this.moved = step !== undefined;
    if (step && options.length > 0) this.choose(options[(at + step + options.length) % options.length]);
    else if (event.key === "Enter") this.go(options[at], event);
    else return;
    event.preventDefault();
  }

  go(option, { ctrlKey, metaKey }) {
    if (!option) return;
    if (ctrlKey || metaKey) window.open(option.dataset.href, "_blank", "noopener");
    else location.assign(option.dataset.href);
    this.dialog.close();
  }
}

customElements.define("command-palette", CommandPalette);
