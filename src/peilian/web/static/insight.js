// A link to a part of the report opens it, also when the part is folded or the report comes after the page.
(() => {
  const reveal = () => {
    const place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = place && place.closest("details");
    if (!folded) return;
    folded.open = true;
    folded.scrollIntoView({ block: "start" });
  };
  window.addEventListener("hashchange", reveal);
  document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "report") reveal(); });
  reveal();
})();
