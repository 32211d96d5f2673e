// Keeps a run's page live: server-sent events, or polling while the event stream is away. The server draws every
// update; this file only puts it in place, marks the viewer's own machines and says how old the picture is. Its words
// stand in the page, in the page's language.
const live = document.getElementById("live");
const state = document.getElementById("live-state");
const pause = document.getElementById("live-pause");
const announce = document.getElementById("live-announce");
const ownBox = document.getElementById("own");
const ownNames = JSON.parse(ownBox?.dataset.names || "{}");
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const CALM_MS = 30000, POLL_MS = 5000, ANNOUNCE_MS = 30000, STALE_MS = 60000;
// shownAt: when the picture last changed; heardAt: when the platform last gave a sign of life.
let waiting = null, chosenWords = "", shownAt = Date.now(), heardAt = Date.now(), drawnAt = 0, announcedAt = 0, polling = 0;

// The event stream draws once for everybody: the viewer's own rows get the names that the viewer gave them.
function markOwn(drawing) {
  for (const element of drawing.querySelectorAll("[data-device]")) {
    const name = ownNames[element.dataset.device];
    if (!name) continue;
    element.classList.add("own");
    if (element.nodeName !== "g") element.textContent = element.title = name;
    for (const words of element.querySelectorAll("title")) {
      words.textContent = name + words.textContent.slice(element.dataset.name.length);
    }
  }
  const words = drawing.querySelector("#cell-words");
  if (words && chosenWords) words.textContent = chosenWords;
}

function draw(html) {
  patchInto(live, html, markOwn);
  drawnAt = Date.now();
  waiting = null;
  document.dispatchEvent(new Event("weave:drawn"));
  if (Date.now() - announcedAt > ANNOUNCE_MS) {
    announcedAt = Date.now();
    announce.textContent = live.querySelector("[data-sentence]")?.textContent || "";
  }
}

function hear() {
  heardAt = Date.now();
}

function receive(html) {
  hear();
  shownAt = Date.now();
  const paused = pause.getAttribute("aria-pressed") === "true";
  if (paused || isMarked(live) || (calm && Date.now() - drawnAt < CALM_MS)) waiting = html;
  else draw(html);
}

async function poll() {
  try {
    const response = await fetch(live.dataset.pollUrl);
    if (response.ok) receive(await response.text());
  } catch {
    // The platform is away: age() says how old the picture is, and the next poll tries again.
  }
}

function age() {
  const paused = pause.getAttribute("aria-pressed") === "true";
  const seconds = Math.round((Date.now() - shownAt) / 1000);
  // A run may be quiet for hours; only silence of the platform makes the picture old.
  const stale = Date.now() - heardAt > STALE_MS || !navigator.onLine;
  live.classList.toggle("is-stale", stale);
  if (waiting && !paused && !isMarked(live) && (!calm || Date.now() - drawnAt >= CALM_MS)) draw(waiting);
  const { offline, halted, silent, asking, listening } = state.dataset;
  let words = polling ? asking : listening;
  if (!navigator.onLine) words = offline;
  else if (paused) words = halted;
  else if (stale) words = silent;
  state.textContent = words.replace("{seconds}", seconds);
}

pause.hidden = false;
pause.addEventListener("click", () => {
  const pressed = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", String(pressed));
  pause.textContent = pressed ? pause.dataset.goOn : pause.dataset.pause;
  if (!pressed && waiting) draw(waiting);
  age();
});

function startPolling() {
  if (!polling) polling = setInterval(poll, POLL_MS);
}

function stopPolling() {
  clearInterval(polling);
  polling = 0;
}

if (live.dataset.eventsUrl) {
  const source = new EventSource(live.dataset.eventsUrl);
  source.addEventListener("weave", (event) => {
    stopPolling();
    receive(event.data);
  });
  source.addEventListener("alive", hear);
  source.addEventListener("open", () => {
    hear();
    stopPolling();
  });
  source.addEventListener("error", startPolling);
} else {
  startPolling();
}
// A cell says what it is where a pointer rests on it or a finger taps it; the page of cells has the same as a table.
function tell(event) {
  const words = event.target.closest(".cell")?.querySelector("title")?.textContent;
  if (!words) return;
  chosenWords = words;
  document.getElementById("cell-words").textContent = words;
}

for (const kind of ["pointerover", "click"]) {
  live.addEventListener(kind, tell);
  ownBox?.addEventListener(kind, tell);
}
setInterval(age, 1000);
