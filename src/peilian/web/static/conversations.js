// A highlight shows its explanation beside the words. Without this script the link leads to the same explanation in the list.
(() => {
  const card = document.getElementById("why");
  if (!card) return;
  const canHover = window.matchMedia("(hover: hover)").matches;
  let shown = null;
  let isPinned = false;

  const explained = (id) => {
    const place = document.getElementById(id);
    const group = place?.closest("[data-explains]") ?? place;
    if (!group) return null;
    const box = document.createElement("div");
    for (const part of group.querySelectorAll("h4, .finding-means")) {
      const copy = part.cloneNode(true);
      copy.querySelectorAll("[id]").forEach((each) => each.removeAttribute("id"));
      box.append(copy);
    }
    const rest = document.createElement("p");
    for (const part of place.querySelectorAll(":scope > q, :scope > .finding-rule")) rest.append(part.cloneNode(true), " ");
    if (rest.childNodes.length) box.append(rest);
    return box;
  };

  const hide = () => {
    card.hidden = true;
    card.replaceChildren();
    shown?.classList.remove("is-open");
    shown = null;
    isPinned = false;
  };

  const show = (link) => {
    if (shown === link) return;
    hide();
    const boxes = link.dataset.why.split(" ").map(explained).filter(Boolean);
    if (!boxes.length) return;
    card.append(...boxes);
    card.hidden = false;
    shown = link;
    link.classList.add("is-open");
    const at = link.getClientRects()[0];
    const left = Math.min(at.left, document.documentElement.clientWidth - card.offsetWidth - 16);
    const last = link.getBoundingClientRect();
    const below = last.bottom + 6;
    const fits = below + card.offsetHeight < window.innerHeight || at.top < card.offsetHeight + 12;
    card.style.left = `${Math.max(16, left) + window.scrollX}px`;
    card.style.top = `${(fits ? below : at.top - card.offsetHeight - 6) + window.scrollY}px`;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.hl");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (shown === link && isPinned) { hide(); return; }
      show(link);
      isPinned = true;
    } else if (shown && !card.contains(event.target)) hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown) { const link = shown; hide(); link.focus(); }
  });
  document.addEventListener("focusin", (event) => {
    const link = event.target.closest("a.hl");
    if (link && link.matches(":focus-visible")) show(link);
    else if (shown && !isPinned && !card.contains(event.target)) hide();
  });
  if (canHover) {
    document.addEventListener("mouseover", (event) => {
      if (isPinned) return;
      const link = event.target.closest("a.hl");
      if (link) show(link);
      else if (shown && !card.contains(event.target)) hide();
    });
  }
})();
