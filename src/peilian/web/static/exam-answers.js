// Answers of one question on the page: read from its fields, put into them, said in words, steps moved. By places only.
(() => {
  const own = (item, selector) => [...item.querySelectorAll(selector)].filter((one) => one.closest("[data-item]") === item);
  const inner = (item) => [...item.querySelectorAll("[data-item]")].filter((one) => one.parentElement.closest("[data-item]") === item);

  const read = (item) => {
    switch (item.dataset.form) {
      case "one":
      case "several": {
        const chosen = own(item, "input:checked").map((box) => Number(box.value));
        return chosen.length ? { chosen } : null;
      }
      case "gaps": {
        const gaps = own(item, "[data-gap]").map((box) => box.value);
        return gaps.some((text) => text.trim()) ? { gaps } : null;
      }
      case "text": {
        const { value } = own(item, "[data-text]")[0];
        return value.trim() ? { text: value } : null;
      }
      case "order":
        return own(item, "[data-set]")[0].value ? { order: own(item, "[data-place]").map((step) => Number(step.dataset.place)) } : null;
      case "match": {
        const partners = own(item, "[data-partner]").map((box) => (box.value === "" ? null : Number(box.value)));
        return partners.some((one) => one !== null) ? { partners } : null;
      }
      case "case": {
        const answers = inner(item).map(read);
        return answers.some((one) => one !== null) ? { inner: answers } : null;
      }
      default:
        return null;
    }
  };

  const put = (item, answer) => {
    switch (item.dataset.form) {
      case "one":
      case "several":
        for (const box of own(item, "input")) box.checked = Boolean(answer?.chosen.includes(Number(box.value)));
        break;
      case "gaps":
        own(item, "[data-gap]").forEach((box, at) => { box.value = answer?.gaps[at] ?? ""; });
        break;
      case "text":
        own(item, "[data-text]")[0].value = answer?.text ?? "";
        break;
      case "order": {
        const list = own(item, "[data-steps]")[0];
        for (const place of answer?.order ?? []) list.append(list.querySelector(`[data-place="${place}"]`));
        own(item, "[data-set]")[0].value = answer ? "1" : "";
        break;
      }
      case "match":
        own(item, "[data-partner]").forEach((box, at) => { box.value = answer?.partners[at] ?? ""; });
        break;
      case "case":
        inner(item).forEach((one, at) => put(one, answer?.inner[at] ?? null));
        break;
      default:
    }
    freshen(item);
  };

  // Words of an answer, for the choice between two.
  const say = (item, answer, nothing) => {
    if (!answer) return nothing;
    const option = (place) => own(item, `input[value="${place}"]`)[0]?.parentElement.innerText.trim() ?? "";
    switch (item.dataset.form) {
      case "one":
      case "several": return answer.chosen.map(option).join(" / ");
      case "gaps": return answer.gaps.map((text) => text || "＿").join(" / ");
      case "text": return answer.text;
      case "order": return answer.order.map((place) => item.querySelector(`[data-place="${place}"] .step-text`).innerText).join(" → ");
      case "match": return own(item, "[data-partner]").map((box, at) => {
        const chosen = answer.partners[at];
        return `${box.parentElement.querySelector("span").innerText} → ${chosen === null ? "＿" : box.querySelector(`option[value="${chosen}"]`).innerText}`;
      }).join(" / ");
      case "case": return inner(item).map((one, at) => say(one, answer.inner[at], nothing)).join(" | ");
      default: return nothing;
    }
  };

  // The first step cannot go up, the last not down; the button that keeps the order is there until it is kept.
  const freshen = (item) => {
    for (const each of item.dataset.form === "case" ? inner(item) : [item]) {
      if (each.dataset.form !== "order") continue;
      const steps = own(each, "[data-place]");
      steps.forEach((step, at) => {
        step.querySelector("[data-up]").setAttribute("aria-disabled", String(at === 0));
        step.querySelector("[data-down]").setAttribute("aria-disabled", String(at === steps.length - 1));
      });
      own(each, "[data-keep]")[0].hidden = Boolean(own(each, "[data-set]")[0].value);
    }
  };

  // Move a step by a click on its button; returns its new place from 1, or 0 when nothing moved.
  const move = (button) => {
    const item = button.closest("[data-item]");
    own(item, "[data-set]")[0].value = "1";
    let place = 0;
    if (!("keep" in button.dataset)) {
      const step = button.closest("[data-place]");
      const other = "up" in button.dataset ? step.previousElementSibling : step.nextElementSibling;
      if (other) {
        if ("up" in button.dataset) other.before(step); else other.after(step);
        place = [...step.parentElement.children].indexOf(step) + 1;
      }
      button.focus();
    }
    freshen(item);
    return place;
  };

  // Whether something was done about a question; of a drill the server knows it.
  const isDone = (item) => (item.dataset.form === "drill" ? item.dataset.done === "1" : read(item) !== null || inner(item).some(isDone));

  window.examAnswers = { read, put, say, move, freshen, isDone };
})();
