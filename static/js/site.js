// Small comforts of every page; each works without them. `/` goes to the search, times
// are said in the viewer's zone too, and a form that was open while one signed in elsewhere
// is sent under the token of now.
addEventListener("submit", (event) => {
  const token = event.target.elements?.csrfmiddlewaretoken, kept = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  if (token && kept) token.value = kept[1];
}, true);

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
  const local = at.toLocaleString(document.documentElement.lang, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  time.after(` ${time.dataset.local.replace("{time}", local)}`);
}
