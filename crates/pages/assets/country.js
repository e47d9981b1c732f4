// <country-name>: a country by the name that it has in the page's language, which the browser knows. What is inside is its
// code, and stays for whoever has no script and where there is no such country.

const names = new Intl.DisplayNames(document.documentElement.lang, { type: "region", fallback: "none" });

class CountryName extends HTMLElement {
  connectedCallback() {
    const code = this.textContent.trim();
    // Anything else is no code that could be asked for.
    const name = /^[A-Z]{2}$/.test(code) && names.of(code);
    if (!name) return;
    this.textContent = this.hasAttribute("coded") ? `${name} (${code})` : name;
  }
}

customElements.define("country-name", CountryName);
