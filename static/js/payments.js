// The card page: the provider's form confirms the intent; what happened is asked of the provider by the server.
const form = document.getElementById("card-form");
const error = document.getElementById("card-error");
const submit = document.getElementById("card-submit");

function fail(message) {
  error.textContent = message;
  submit.disabled = false;
}

if (typeof Stripe === "undefined") {
  fail(form.dataset.notLoaded);
  submit.disabled = true;
} else {
  const provider = Stripe(form.dataset.key, { locale: document.documentElement.lang });
  const elements = provider.elements({ clientSecret: form.dataset.secret });
  const element = elements.create("payment");
  element.mount("#payment-element");

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    error.textContent = "";
    const checked = await elements.submit();
    if (checked.error) return fail(checked.error.message);
    const confirm = form.dataset.kind === "setup" ? provider.confirmSetup : provider.confirmPayment;
    const done = await confirm({ elements, clientSecret: form.dataset.secret, confirmParams: { return_url: form.dataset.returnUrl }, redirect: "if_required" });
    if (done.error) return fail(`${done.error.message} ${form.dataset.notCharged}`);
    location.assign(form.dataset.returnPath);
  });
}
