// The theme that was chosen, before anything is drawn; then the three buttons of the footer.
const key = "commonweave-theme";
const chosen = localStorage.getItem(key);
if (chosen) document.documentElement.dataset.theme = chosen;

addEventListener("DOMContentLoaded", () => {
  const buttons = [...document.querySelectorAll("[data-set-theme]")];
  const show = () => {
    const now = document.documentElement.dataset.theme || "system";
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.setTheme === now));
  };
  for (const button of buttons) {
    button.closest("[hidden]")?.removeAttribute("hidden");
    button.addEventListener("click", () => {
      const theme = button.dataset.setTheme;
      if (theme === "system") {
        delete document.documentElement.dataset.theme;
        localStorage.removeItem(key);
      } else {
        document.documentElement.dataset.theme = theme;
        localStorage.setItem(key, theme);
      }
      show();
    });
  }
  show();
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  });
});
