// Small comforts of every page; each works without them. `/` goes to the search, times
// are said in the viewer's zone too, rewards are added in place.
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
  const search = document.querySelector("input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
});

for (const time of document.querySelectorAll("time[data-local]")) {
  const at = new Date(time.dateTime);
  if (!at.getTimezoneOffset()) continue;
  const local = at.toLocaleString(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  time.after(` (${local} where you are)`);
}

const blank = document.getElementById("blank-reward");
document.querySelector("[data-add-reward]")?.addEventListener("click", (event) => {
  event.preventDefault();
  const total = document.querySelector("[name=rewards-TOTAL_FORMS]");
  const number = Number(total.value);
  if (number >= Number(event.currentTarget.dataset.most)) return;
  const holder = document.createElement("div");
  holder.innerHTML = blank.innerHTML.replaceAll("__prefix__", String(number));
  const row = holder.firstElementChild;
  row.querySelector("legend").textContent = `Reward ${number + 1}`;
  document.getElementById("reward-rows").append(row);
  total.value = String(number + 1);
  row.querySelector("input, textarea").focus();
});
