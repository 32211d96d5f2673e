// The run page's own parts: the watcher's panes follow the drawing, the slider asks for a checkpoint's answer, and the
// stage can fill the screen or be dimmed. Everything here is a convenience: the page works without it.
const stage = document.getElementById("stage");
const panesBox = document.getElementById("panes");
const ownRows = document.getElementById("own");
const form = document.getElementById("checkpoint");
const slider = document.getElementById("checkpoint-slider");
const number = document.getElementById("checkpoint-number");
const answer = document.getElementById("answer");
const PANES_MS = 5000, CALM_PANES_MS = 30000, SLIDE_MS = 80;
const quiet = matchMedia("(prefers-reduced-motion: reduce)").matches;
let askedAt = Date.now(), timer = 0, asked = 0, follows = slider.value === slider.max;

async function fetchText(url) {
  try {
    const response = await fetch(url);
    return response.ok ? await response.text() : null;
  } catch {
    return null; // The platform is away: what is shown stays, and the status line says how old it is.
  }
}

async function refreshPanes() {
  if (document.hidden || document.getElementById("live-pause").getAttribute("aria-pressed") === "true") return;
  if (isMarked(panesBox) || Date.now() - askedAt < (quiet ? CALM_PANES_MS : PANES_MS)) return;
  askedAt = Date.now();
  await Promise.all([panesBox, ownRows].filter(Boolean).map(refresh));
}

async function refresh(box) {
  const html = await fetchText(box.dataset.url);
  box.classList.toggle("is-stale", html === null);
  if (html !== null) patchInto(box, html);
}

async function show(index) {
  const turn = ++asked;
  const html = await fetchText(`${form.dataset.url}${index === null ? "" : `?round=${index}`}`);
  if (html === null || turn !== asked) return;
  patchInto(answer, html);
  const drawn = answer.querySelector("[data-round]");
  if (!drawn) return;
  slider.max = number.max = drawn.dataset.last;
  slider.value = drawn.dataset.round;
  if (document.activeElement !== number) number.value = drawn.dataset.round;
}

function choose(index) {
  follows = Number(index) >= Number(slider.max);
  clearTimeout(timer);
  timer = setTimeout(() => show(index), SLIDE_MS);
}

slider.hidden = false;
slider.setAttribute("aria-label", number.getAttribute("aria-label"));
slider.addEventListener("input", () => { number.value = slider.value; choose(slider.value); });
number.addEventListener("input", () => { if (number.value !== "") choose(number.value); });
form.addEventListener("submit", (event) => { event.preventDefault(); choose(number.value); });

document.addEventListener("weave:drawn", () => {
  refreshPanes();
  if (follows && document.activeElement !== slider && !isMarked(answer)) show(null);
});
setInterval(refreshPanes, PANES_MS);

const full = document.getElementById("live-full");
const dim = document.getElementById("live-dim");
if (document.fullscreenEnabled) {
  full.hidden = false;
  full.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else stage.requestFullscreen();
  });
  document.addEventListener("fullscreenchange", () => {
    const on = document.fullscreenElement === stage;
    full.setAttribute("aria-pressed", String(on));
    full.textContent = on ? full.dataset.leave : full.dataset.enter;
  });
}
dim.hidden = false;
dim.addEventListener("click", () => {
  const on = dim.getAttribute("aria-pressed") !== "true";
  dim.setAttribute("aria-pressed", String(on));
  stage.classList.toggle("is-dim", on);
});
