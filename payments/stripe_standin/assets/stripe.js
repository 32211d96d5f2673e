// A stand-in of Stripe.js for the demo and tests: Payment Element, confirmations and the bank's question.
// The card's number goes from this form to the stand-in alone, never to the platform.
(() => {
  const BASE = new URL(document.currentScript.src).origin;

  async function call(key, method, path, values) {
    const body = new URLSearchParams();
    const add = (prefix, value) => {
      if (value && typeof value === "object") for (const [name, item] of Object.entries(value)) add(`${prefix}[${name}]`, item);
      else if (value !== undefined && value !== null) body.append(prefix, value);
    };
    for (const [name, value] of Object.entries(values || {})) add(name, value);
    const query = method === "GET" ? `?${body}` : "";
    const response = await fetch(BASE + path + query, {
      method,
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/x-www-form-urlencoded" },
      body: method === "GET" ? undefined : body,
    });
    return response.json();
  }

  class PaymentElement {
    constructor() { this.handlers = {}; }
    on(name, handler) { (this.handlers[name] ||= []).push(handler); return this; }
    tell(name, event) { for (const handler of this.handlers[name] || []) handler(event || {}); }
    mount(target) {
      const root = typeof target === "string" ? document.querySelector(target) : target;
      const field = (name, label, hint, autocomplete) => {
        const box = document.createElement("div");
        box.className = "field";
        const id = `standin-${name}`;
        const text = document.createElement("label");
        text.htmlFor = id;
        text.textContent = label;
        const input = document.createElement("input");
        Object.assign(input, { id, placeholder: hint, inputMode: "numeric", autocomplete });
        input.addEventListener("input", () => this.tell("change", { complete: this.complete() }));
        box.append(text, input);
        this[name] = input;
        return box;
      };
      this.root = root;
      const banner = document.createElement("p");
      banner.className = "standin-banner";
      banner.textContent = "Test stand-in: no real card is charged. Try 4242 4242 4242 4242.";
      const row = document.createElement("div");
      row.className = "standin-row";
      row.append(field("expiry", "Expiry", "MM / YY", "cc-exp"), field("cvc", "Security code", "CVC", "cc-csc"));
      root.replaceChildren(banner, field("number", "Card number", "1234 1234 1234 1234", "cc-number"), row);
      this.tell("ready");
      return this;
    }
    focus() { this.number.focus(); }
    clear() { for (const input of [this.number, this.expiry, this.cvc]) input.value = ""; }
    unmount() { this.root?.replaceChildren(); }
    destroy() { this.unmount(); this.handlers = {}; }
    mark(code) {
      const wrong = { incorrect_number: "number", card_declined: "number", expired_card: "expiry", invalid_expiry_month: "expiry", invalid_expiry_year: "expiry", invalid_cvc: "cvc", incorrect_cvc: "cvc" }[code];
      for (const name of ["number", "expiry", "cvc"]) this[name].toggleAttribute("aria-invalid", false);
      if (wrong) { this[wrong].setAttribute("aria-invalid", "true"); this[wrong].focus(); }
    }
    complete() { return Boolean(this.number.value && this.expiry.value && this.cvc.value); }
    card() {
      const [month, year] = this.expiry.value.split("/").map((part) => part.trim());
      return { number: this.number.value, exp_month: month || "", exp_year: year || "", cvc: this.cvc.value };
    }
  }

  function askHolder(url) {
    return new Promise((resolve) => {
      const dialog = document.createElement("dialog");
      dialog.className = "standin-bank";
      dialog.setAttribute("aria-label", "Your bank asks");
      const frame = document.createElement("iframe");
      Object.assign(frame, { src: url, title: "3-D Secure", width: 400, height: 340, name: "standin-bank" });
      dialog.append(frame);
      document.body.append(dialog);
      const finish = (event) => {
        if (event && event.data !== "standin-authenticated") return;
        removeEventListener("message", finish);
        dialog.remove();
        resolve();
      };
      addEventListener("message", finish);
      dialog.addEventListener("cancel", () => finish());
      dialog.showModal();
    });
  }

  window.Stripe = (key) => {
    const kinds = { seti: ["setup_intents", "setupIntent", "last_setup_error"], pi: ["payment_intents", "paymentIntent", "last_payment_error"] };

    async function retrieve(secret) {
      const id = secret.split("_secret_")[0];
      const [path, name] = kinds[id.split("_")[0]];
      const intent = await call(key, "GET", `/v1/${path}/${id}`, { client_secret: secret });
      return intent.error ? { error: intent.error } : { [name]: intent };
    }

    async function settle(secret, intent, name, errorField) {
      if (intent.status !== "requires_action") return { [name]: intent };
      await askHolder(intent.next_action.use_stripe_sdk?.url || intent.next_action.redirect_to_url.url);
      const after = await retrieve(secret);
      if (after.error) return after;
      return ["succeeded", "requires_capture", "processing"].includes(after[name].status) ? after : { error: after[name][errorField] || { message: "You did not answer your bank. Nothing was charged." } };
    }

    async function confirm(options) {
      const { elements, clientSecret, confirmParams } = options;
      const secret = clientSecret || elements.secret;
      const id = secret.split("_secret_")[0];
      const [path, name, errorField] = kinds[id.split("_")[0]];
      let method = confirmParams?.payment_method;
      if (elements) {
        const made = await call(key, "POST", "/v1/payment_methods", { type: "card", card: elements.element.card() });
        elements.element.mark(made.error?.code);
        if (made.error) return { error: made.error };
        method = made.id;
      }
      const intent = await call(key, "POST", `/v1/${path}/${id}/confirm`, { payment_method: method, client_secret: secret, use_stripe_sdk: "true" });
      if (intent.error) {
        elements?.element.mark(intent.error.code);
        return { error: intent.error };
      }
      const done = await settle(secret, intent, name, errorField);
      if (!done.error && options.redirect !== "if_required" && confirmParams?.return_url) {
        // Stripe names the intent in the address it sends the browser back to.
        const back = new URL(confirmParams.return_url, location.href);
        const kind = path.slice(0, -1);
        back.searchParams.set(kind, id);
        back.searchParams.set(`${kind}_client_secret`, secret);
        back.searchParams.set("redirect_status", "succeeded");
        location.assign(back);
      }
      return done;
    }

    return {
      elements: ({ clientSecret }) => ({
        secret: clientSecret,
        create() { this.element = new PaymentElement(); return this.element; },
        getElement() { return this.element; },
        async submit() { return this.element.complete() ? {} : { error: { message: "Your card's details are incomplete." } }; },
      }),
      confirmSetup: confirm,
      confirmPayment: confirm,
      retrieveSetupIntent: retrieve,
      retrievePaymentIntent: retrieve,
      async handleNextAction({ clientSecret }) {
        const found = await retrieve(clientSecret);
        if (found.error) return found;
        if (Object.values(found)[0].status !== "requires_action") return found;
        const name = Object.keys(found)[0];
        return settle(clientSecret, found[name], name, name === "setupIntent" ? "last_setup_error" : "last_payment_error");
      },
    };
  };
})();
