// Passkey ceremonies (WebAuthn Level 3) for <passkey-sign-in> and <passkey-create>. The words come from
// <template data-notice> elements of the page, so that this file knows no language.

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

/** What went wrong, as the key of a notice. */
class Failure extends Error {
  constructor(notice, seconds) {
    super(notice);
    this.notice = notice;
    this.seconds = seconds;
  }
}

/** Error codes of the API that have a notice of their own. */
const CODES = {
  PASSKEY_NOT_FOUND: "passkey-unknown",
  CHALLENGE_NOT_FOUND: "passkey-timeout",
  SESSION_NOT_FRESH: "sign-in-again",
  UNAUTHORIZED: "session-ended",
  BANNED_USER: "suspended",
  PREVIOUSLY_REGISTERED: "passkey-exists",
  MISSING_OR_NULL_ORIGIN: "cookies-blocked",
  INVALID_ORIGIN: "passkey-wrong-domain",
};

/** Names of the browser's errors that have a notice of their own. */
const ERRORS = {
  InvalidStateError: "passkey-exists",
  NotSupportedError: "passkey-unsupported",
  ConstraintError: "passkey-verification",
  SecurityError: "passkey-wrong-domain",
  TimeoutError: "passkey-timeout",
};

async function call(url, body, signal) {
  const options = { credentials: "same-origin", headers: { accept: "application/json" }, cache: "no-store", signal };
  if (body) {
    Object.assign(options, { method: "POST", body: JSON.stringify(body) });
    options.headers["content-type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : new Failure("offline");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const wait = Number(response.headers.get("x-retry-after"));
  if (response.status === 429) throw new Failure(wait > 0 ? "rate-limited" : "too-many", wait);
  if (response.status === 503) throw new Failure("maintenance");
  throw new Failure(CODES[answer?.code] ?? "passkey-failed");
}

const descriptors = (list) => list?.map((item) => ({ ...item, id: decode(item.id) }));

/** One ceremony at a time: a new one ends the one before, which is how a click ends the autofill request. */
let running;
function begin() {
  running?.abort();
  running = new AbortController();
  return running.signal;
}

class Passkey extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.live = this.querySelector(".live");
    if (!window.PublicKeyCredential || !navigator.credentials) {
      this.button.hidden = true;
      this.unsupported();
      return;
    }
    this.button.addEventListener("click", () => this.run());
    this.ready();
  }

  disconnectedCallback() {
    this.ended = true;
  }

  ready() {}

  url(path) {
    return `${this.getAttribute("api")}/passkey/${path}`;
  }

  show(key, seconds) {
    const template = this.querySelector(`template[data-notice="${key}"]`);
    const notice = template?.content.cloneNode(true);
    notice?.querySelector("time-left")?.setAttribute("seconds", seconds);
    this.live.replaceChildren(...(notice ? [notice] : []));
  }

  busy(on) {
    this.button.setAttribute("aria-disabled", String(on));
  }

  isBusy() {
    return this.button.getAttribute("aria-disabled") === "true";
  }

  async run() {
    if (this.isBusy()) return;
    this.busy(true);
    this.show(null);
    try {
      await this.ceremony(begin());
    } catch (error) {
      this.busy(false);
      this.failed(error);
    }
  }

  leave(target = this.getAttribute("next")) {
    // A path of this site only: the attribute is the server's, and this is the second lock.
    const next = new URL(target, location.href);
    location.assign(next.protocol === "https:" || next.protocol === "http:" ? next : "/");
  }

  failed(error) {
    if (error.name === "NotAllowedError" || error.name === "AbortError") return this.cancelled();
    this.show(error.notice ?? ERRORS[error.name] ?? "passkey-failed", error.seconds);
  }
}

class PasskeySignIn extends Passkey {
  /** Cancelled ceremonies so far: the first says nothing, the next offers the code. */
  cancels = 0;

  ready() {
    this.autofill();
    this.timer = setInterval(() => document.hidden || this.autofill(), 4 * 60 * 1000);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  unsupported() {
    this.closest("[data-passkey-block]")?.setAttribute("hidden", "");
  }

  cancelled() {
    this.cancels += 1;
    if (this.cancels > 1) this.show("passkey-cancelled");
    this.autofill();
  }

  /** Offers passkeys in the e-mail field's suggestions (conditional mediation), quietly; a challenge lives five
      minutes, so the request is renewed before that. */
  async autofill() {
    if (this.ended || this.isBusy()) return;
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.()) || this.isBusy()) return;
    try {
      await this.ceremony(begin(), "conditional");
    } catch (error) {
      // Only what follows a choice of the person is told; a background request fails quietly.
      if (error.chosen) this.failed(error);
    }
  }

  async ceremony(signal, mediation) {
    const options = await call(this.url("generate-authenticate-options"), null, signal);
    const publicKey = {
      ...options,
      challenge: decode(options.challenge),
      allowCredentials: descriptors(options.allowCredentials) ?? [],
    };
    const credential = await navigator.credentials.get({ publicKey, signal, ...(mediation && { mediation }) });
    const { response } = credential;
    try {
      await call(this.url("verify-authentication"), {
        response: {
          id: credential.id,
          rawId: encode(credential.rawId),
          type: credential.type,
          authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
          response: {
            clientDataJSON: encode(response.clientDataJSON),
            authenticatorData: encode(response.authenticatorData),
            signature: encode(response.signature),
            userHandle: response.userHandle ? encode(response.userHandle) : undefined,
          },
        },
      });
    } catch (error) {
      error.chosen = true;
      if (error.notice === "passkey-unknown") {
        // WebAuthn L3 §5.1.10.2: lets the authenticator forget a passkey that the server does not know.
        await PublicKeyCredential.signalUnknownCredential?.({ rpId: options.rpId, credentialId: credential.id })
          .catch(() => {});
      }
      throw error;
    }
    this.leave(await this.nearby(credential));
  }

  /** Where a passkey for this device is offered, after one of another device signed in (a phone, by QR code). */
  async nearby({ authenticatorAttachment }) {
    const offer = this.closest("[data-nearby]")?.dataset.nearby;
    if (!offer || authenticatorAttachment !== "cross-platform") return undefined;
    const isAble = await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable?.();
    return isAble ? offer : undefined;
  }
}

class PasskeyCreate extends Passkey {
  unsupported() {
    this.show("passkey-unsupported");
  }

  cancelled() {
    this.show("passkey-create-cancelled");
  }

  async ceremony(signal) {
    const options = await call(this.url("generate-register-options"), null, signal);
    const publicKey = {
      ...options,
      challenge: decode(options.challenge),
      user: { ...options.user, id: decode(options.user.id) },
      excludeCredentials: descriptors(options.excludeCredentials) ?? [],
    };
    const credential = await navigator.credentials.create({ publicKey, signal });
    const { response } = credential;
    await call(this.url("verify-registration"), {
      response: {
        id: credential.id,
        rawId: encode(credential.rawId),
        type: credential.type,
        authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
        response: {
          clientDataJSON: encode(response.clientDataJSON),
          attestationObject: encode(response.attestationObject),
          transports: response.getTransports?.() ?? [],
        },
      },
    });
    this.leave();
  }
}

/** Tells the device's passkeys what this account has now (WebAuthn L3 §5.1.10.3 and §5.1.10.4). Where the browser
    or the authenticator does not listen, nothing is lost. */
class PasskeySignal extends HTMLElement {
  connectedCallback() {
    const account = { rpId: this.getAttribute("rp-id"), userId: this.getAttribute("user-id") };
    const allAcceptedCredentialIds = this.getAttribute("credential-ids").split(" ").filter(Boolean);
    const name = this.getAttribute("name");
    const displayName = this.getAttribute("display-name");
    const quietly = (signal) => signal?.catch(() => {});
    quietly(window.PublicKeyCredential?.signalAllAcceptedCredentials?.({ ...account, allAcceptedCredentialIds }));
    quietly(window.PublicKeyCredential?.signalCurrentUserDetails?.({ ...account, name, displayName }));
  }
}

customElements.define("passkey-signal", PasskeySignal);
customElements.define("passkey-sign-in", PasskeySignIn);
customElements.define("passkey-create", PasskeyCreate);
