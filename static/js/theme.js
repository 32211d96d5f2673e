// The theme that was chosen, before anything is drawn; then the three buttons of the footer.
const key = "commonweave-theme";

function remembered() {
  try { return localStorage.getItem(key); } catch { return null; }
}

function remember(theme) {
  try {
    if (theme === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    // Storage is blocked: the choice lasts until the next page.
  }
}

function apply(theme) {
  if (theme && theme !== "system") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

apply(remembered());

addEventListener("DOMContentLoaded", () => {
  const buttons = [...document.querySelectorAll("[data-set-theme]")];
  const show = () => {
    const now = document.documentElement.dataset.theme || "system";
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.setTheme === now));
  };
  for (const button of buttons) {
    button.closest("[hidden]")?.removeAttribute("hidden");
    button.addEventListener("click", () => {
      remember(button.dataset.setTheme);
      apply(button.dataset.setTheme);
      show();
    });
  }
  show();
});
