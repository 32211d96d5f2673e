// The terminal card: copy buttons, and the state of machines kept up to date while the page is open. A machine that
// appears can be chosen in the pledge form at once; nothing that was typed is lost, for nothing is loaded again.
const card = document.getElementById("terminal");
const ASK_MS = 5000, COPIED_MS = 2000;

function showCopies(box) {
  // Only where the page is served over HTTPS, or from this machine.
  for (const button of box.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
}

function ready(box) {
  showCopies(box);
  for (const words of box.querySelectorAll("[data-without-script]")) words.hidden = true;
}

async function copy(button) {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  const label = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => { button.textContent = label; }, COPIED_MS);
}

function offerInForm() {
  const select = document.querySelector("select[name=device]");
  if (!select) return;
  for (const { dataset } of card.querySelectorAll("li[data-device]")) {
    if (dataset.state === "quarantined" || [...select.options].some((option) => option.value === dataset.device)) continue;
    select.add(new Option(dataset.name, dataset.device));
    if (!select.value) select.value = dataset.device;
    select.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// The first machine replaces the steps; from then on only what changed is touched, so focus stays.
function place(html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const section = fresh.content.querySelector("#terminal");
  if (!section || section.innerHTML === place.last) return;
  place.last = section.innerHTML;
  patchInto(card, section.innerHTML, ready);
  offerInForm();
}

async function ask() {
  if (document.hidden || isMarked(card) || card.querySelector("form")?.contains(document.activeElement)) return;
  try {
    const response = await fetch(card.dataset.url);
    if (response.ok && !response.redirected) place(await response.text());
    card.classList.toggle("is-stale", !response.ok);
  } catch {
    card.classList.add("is-stale"); // The platform is away: what is shown stays, greyed, and is asked for again.
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
ready(document);
if (card) setInterval(ask, ASK_MS);
