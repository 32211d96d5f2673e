// Saves a step of the wizard while one types, and adds rows in place. Without it there are buttons for both.
const form = document.querySelector("[data-autosave]");
const status = form?.querySelector("[data-status]");
let timer = 0, isSaving = false, isStale = false;

function soon(delay = 1500) {
  clearTimeout(timer);
  timer = setTimeout(save, delay);
}

async function save() {
  if (isSaving) return soon();
  isSaving = true;
  isStale = false;
  status.textContent = form.dataset.saving;
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  if (token) form.elements.csrfmiddlewaretoken.value = token[1];
  try {
    const body = new FormData(form);
    // A row that is marked goes when its writer saves, not while they look.
    for (const name of [...body.keys()]) if (name.endsWith("-DELETE")) body.delete(name);
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Autosave": "1" } });
    if (answer.redirected || answer.status === 403) throw new TypeError("signed out");
    const said = await answer.json();
    status.textContent = said.words;
    if (answer.ok) form.elements.version.value = said.version;
    for (const [name, key] of Object.entries(said.keys ?? {})) form.elements[name].value = key;
    if (answer.status === 409) form.requestSubmit();
  } catch (error) {
    status.textContent = error.message === "signed out" ? form.dataset.signedOut : form.dataset.away;
    soon(15000);
  }
  isSaving = false;
  if (isStale) soon();
}

form?.addEventListener("input", () => {
  isStale = true;
  soon();
});
form?.addEventListener("submit", () => clearTimeout(timer));

form?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add-row]");
  if (!button) return;
  event.preventDefault();
  const part = button.closest("[data-rows]");
  const total = part.querySelector(`[name=${part.dataset.rows}-TOTAL_FORMS]`);
  const number = Number(total.value);
  if (number >= Number(button.dataset.most)) return;
  const holder = document.createElement("div");
  holder.innerHTML = part.querySelector("template").innerHTML.replaceAll("__prefix__", String(number));
  const row = holder.firstElementChild;
  row.querySelector("legend").textContent = `${part.dataset.label} ${number + 1}`;
  part.querySelector("[data-rows-here]").append(row);
  total.value = String(number + 1);
  row.querySelector("input, textarea, select").focus();
});
