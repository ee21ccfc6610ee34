// A link into a folded part of the debrief opens it first; the print button prints everything unfolded.
(() => {
  const reveal = () => {
    const place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = place && place.closest("details");
    if (!folded || folded.open) return;
    folded.open = true;
    place.scrollIntoView({ block: "center" });
  };
  window.addEventListener("hashchange", reveal);
  reveal();
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("main details.moments-part")) part.open = true;
  });
  document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
})();
