// Small comforts of every page; each works without them. `/` goes to the search, rewards are added in place.
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
  const search = document.querySelector("input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
});

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
