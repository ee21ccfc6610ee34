// A link into a folded part of the debrief opens it first; the print button prints everything unfolded.
(() => {
  const reveal = () => {
    const place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place || !place.closest("details:not([open])")) return;
    for (let part = place.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    place.scrollIntoView({ block: "center" });
  };
  window.addEventListener("hashchange", reveal);
  reveal();
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("main details.moments-part")) part.open = true;
  });
  document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
})();
