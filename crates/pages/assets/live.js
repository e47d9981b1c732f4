// <live-region src="EVENTS" id="X">: on each server-sent event loads this page again and takes over the region
// with the same id, and the elements with the ids in `also`. The document is parsed by XMLHttpRequest, which runs no script in it.

function adopted(element) {
  return [...element.childNodes].map((node) => document.adoptNode(node));
}

class LiveRegion extends HTMLElement {
  connectedCallback() {
    this.source = new EventSource(this.getAttribute("src"));
    this.source.onopen = () => this.state(true);
    this.source.onerror = () => this.state(false);
    this.source.onmessage = () => this.refresh();
  }

  disconnectedCallback() {
    this.source.close();
  }

  state(on) {
    for (const element of document.querySelectorAll("[data-live-state]")) {
      element.hidden = element.dataset.liveState !== (on ? "on" : "off");
    }
    // What happened while the connection was away.
    if (on && this.wasOff) this.refresh();
    this.wasOff = !on;
  }

  refresh() {
    if (this.loading) {
      this.again = true;
      return;
    }
    this.loading = true;
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.onload = () => request.status === 200 && request.response && this.takeAll(request.response);
    request.onloadend = () => {
      this.loading = false;
      if (!this.again) return;
      this.again = false;
      this.refresh();
    };
    request.send();
  }

  takeAll(page) {
    for (const id of (this.getAttribute("also") ?? "").split(" ").filter(Boolean)) {
      const fresh = page.getElementById(id);
      if (fresh) document.getElementById(id)?.replaceChildren(...adopted(fresh));
    }
    this.take(page.getElementById(this.id));
  }

  take(fresh) {
    if (!fresh) return;
    // It is about something else by now, and so is what stands around it.
    if (fresh.getAttribute("src") !== this.getAttribute("src")) return location.reload();
    const focused = this.contains(document.activeElement) ? document.activeElement : null;
    const open = [...this.querySelectorAll("details[id][open]")].map((details) => details.id);
    this.replaceChildren(...adopted(fresh));
    // What somebody has opened stays open.
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) this.counterpart(focused)?.focus({ preventScroll: true });
  }

  // What now stands where the element did: what has its id, or the link to the same place.
  counterpart(element) {
    if (element.id) return document.getElementById(element.id);
    const href = element.getAttribute("href");
    return href && [...this.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === href);
  }
}

customElements.define("live-region", LiveRegion);
