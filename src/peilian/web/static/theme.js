// Runs before the first paint, so that a dark screen never flashes white.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const chosen = root.dataset.themeChoice || "auto";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = (choice) => {
    root.dataset.themeChoice = choice;
    root.dataset.bsTheme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
    document.dispatchEvent(new CustomEvent("theme"));
  };
  apply(chosen);
  system.addEventListener("change", () => apply(root.dataset.themeChoice));
  window.peilianTheme = apply;
})();
