// The weekly grid: arrow keys move, space chooses, dragging paints. Without it each hour is a plain box.
const DAYS = 7;
const grid = document.querySelector("[data-schedule]");

function boxesOf(schedule) {
  return [...schedule.querySelectorAll("input[name=slots]")];
}

function told(schedule, boxes) {
  count(schedule, boxes);
  schedule.dispatchEvent(new Event("input", { bubbles: true }));
}

// Typed hours win over the grid, so that the sentence says which of the two is taken.
function count(schedule, boxes) {
  const typed = schedule.querySelector("[name=hours_text]").value.trim() !== "";
  schedule.querySelector("[data-schedule-chosen]").hidden = typed;
  schedule.querySelector("[data-schedule-typed]").hidden = !typed;
  schedule.querySelector("[data-schedule-count]").textContent = boxes.filter((box) => box.checked).length;
}

function focusOn(boxes, box) {
  for (const other of boxes) other.tabIndex = other === box ? 0 : -1;
  box.focus();
}

function keys(schedule, boxes) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: DAYS, ArrowUp: -DAYS };
  focusable(boxes);
  schedule.addEventListener("keydown", (event) => {
    const at = boxes.indexOf(event.target);
    if (at < 0) return;
    const edge = { Home: at - (at % DAYS), End: at - (at % DAYS) + DAYS - 1 }[event.key];
    const next = boxes[edge ?? at + (steps[event.key] ?? NaN)];
    if (!next) return;
    event.preventDefault();
    if (event.shiftKey) {
      next.checked = event.target.checked;
      told(schedule, boxes);
    }
    focusOn(boxes, next);
  });
}

function focusable(boxes) {
  for (const [at, box] of boxes.entries()) box.tabIndex = at === 0 ? 0 : -1;
}

// A mouse or pen paints at once. A finger paints after it has rested for a moment, so that a swipe still scrolls.
const REST = 300;

function painting(schedule, boxes) {
  let paint = null, resting = 0, painted = false;
  const table = schedule.querySelector("table");
  const boxAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest("td")?.querySelector("input[name=slots]");
  function begin(box) {
    paint = !box.checked;
    box.checked = paint;
    painted = true;
    focusOn(boxes, box);
  }
  function end() {
    clearTimeout(resting);
    if (paint !== null) told(schedule, boxes);
    paint = null;
    setTimeout(() => { painted = false; });
  }
  table.addEventListener("pointerdown", (event) => {
    const box = boxAt(event);
    if (!box || event.button !== 0) return;
    if (event.pointerType === "touch") {
      resting = setTimeout(() => begin(box), REST);
      return;
    }
    event.preventDefault();
    begin(box);
  });
  table.addEventListener("pointermove", (event) => {
    const box = paint === null ? null : boxAt(event);
    if (box) box.checked = paint;
  });
  table.addEventListener("touchmove", (event) => {
    if (paint === null) clearTimeout(resting);
    else event.preventDefault();
  }, { passive: false });
  table.addEventListener("contextmenu", (event) => {
    if (paint !== null) event.preventDefault();
  });
  table.addEventListener("click", (event) => {
    // The pointer has chosen already; the click that follows it must not undo that.
    if (event.detail > 0 && painted && event.target.closest("td")) event.preventDefault();
  });
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
  schedule.addEventListener("change", () => told(schedule, boxes));
  schedule.querySelector("[name=hours_text]").addEventListener("input", () => count(schedule, boxes));
}

function presets(schedule, boxes) {
  const row = schedule.querySelector("[data-schedule-presets]");
  row.hidden = false;
  schedule.querySelector("[data-schedule-keys]").hidden = false;
  row.addEventListener("click", (event) => {
    const preset = event.target.closest("[data-preset]")?.dataset.preset;
    if (!preset) return;
    const [from, to] = preset.split("-").map(Number);
    for (const box of boxes) {
      const day = Math.floor(box.value / 24), hour = box.value % 24;
      box.checked = preset === "weekend" ? day > 4 : preset !== "none" && hour >= from && hour < to;
    }
    told(schedule, boxes);
  });
}

function ownZone(schedule) {
  const zone = schedule.querySelector("[name=time_zone]");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone.value === "UTC" && [...zone.options].some((option) => option.value === here)) zone.value = here;
}

if (grid) {
  const boxes = boxesOf(grid);
  keys(grid, boxes);
  painting(grid, boxes);
  presets(grid, boxes);
  count(grid, boxes);
  if (!document.querySelector(".has-error")) ownZone(grid);
}
