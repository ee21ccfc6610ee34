// The room of an exam: answers go out one by one as they change, the server says what is stored and what time it is.
(() => {
  const exam = document.getElementById("exam");
  if (!exam) return;
  const words = document.getElementById("exam-words").dataset;
  const find = (name, inside = exam) => inside.querySelector(`[data-${name}]`);
  const { read: recall, write: keep } = window.drillStore;
  const { read, put, say, move, freshen, isDone } = window.examAnswers;
  const pendingKey = `exam:${exam.dataset.attempt}:pending`;
  const laterKey = `exam:${exam.dataset.attempt}:later`;
  const WRITING = 700;
  const AGAIN = 1500;
  const phone = window.matchMedia("(max-width: 860px)");
  const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

  const questions = new Map();
  for (const section of exam.querySelectorAll("[data-question]")) {
    const number = Number(section.dataset.question);
    const item = find("item", section);
    questions.set(number, {
      number, section, item, seq: Number(section.dataset.seq), stored: read(item), sent: null, timer: 0, there: null,
      link: find(`goto="${number}"`),
    });
    freshen(item);
  }
  const later = new Set(recall(laterKey, []));
  const state = { ends: null, isLate: false, current: 1, isHandingIn: false };
  const tell = (text) => { find("told").textContent = ""; find("told").textContent = text; };

  /* Palette */
  const showLink = (question) => {
    const isAnswered = isDone(question.item);
    const isMarked = later.has(question.number);
    question.link.classList.toggle("is-answered", isAnswered);
    question.link.classList.toggle("is-marked", isMarked);
    question.link.toggleAttribute("aria-current", question.number === state.current);
    if (question.number === state.current) question.link.setAttribute("aria-current", "step");
    const said = [isAnswered ? words.answered : words.unanswered, ...(isMarked ? [words.marked] : [])];
    find("state", question.link).textContent = said.map((text) => `, ${text}`).join("");
    find("mark", question.section).setAttribute("aria-pressed", String(isMarked));
  };
  const showSummary = () => {
    const list = [...questions.values()];
    const numbers = (kept) => list.filter(kept).map((one) => one.number).join(words.between);
    const open = numbers((one) => !isDone(one.item));
    const marked = numbers((one) => later.has(one.number));
    find("summary").textContent = open ? words.some.replace("{numbers}", open) : words.all;
    find("open").textContent = marked ? words.later.replace("{numbers}", marked) : "";
  };

  /* One question a screen on a phone, all below each other elsewhere */
  const go = (number, isByHand = true) => {
    state.current = number;
    const atEnd = number > questions.size;
    for (const question of questions.values()) {
      question.section.classList.toggle("is-current", question.number === number);
      showLink(question);
    }
    find("end").classList.toggle("is-current", atEnd);
    if (atEnd) showSummary();
    if (!isByHand) return;
    const target = atEnd ? find("end") : questions.get(number).section;
    target.focus({ preventScroll: true });
    if (phone.matches) window.scrollTo(0, 0); else target.scrollIntoView({ block: "start" });
    if (!atEnd) questions.get(number).link.scrollIntoView({ block: "nearest", inline: "center" });
  };

  /* Saving: one text a question is on its way at a time; what changes meanwhile waits for its answer. */
  const unsent = () => [...questions.values()].filter((one) => one.sent || one.timer || !same(read(one.item), one.stored));
  const showSaved = (at) => {
    const left = unsent().length;
    find("saved").classList.toggle("is-kept", left > 0 && !link.isOpen);
    if (left) find("saved").textContent = link.isOpen ? words.saving : words.kept;
    else if (at) {
      const time = at.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: exam.dataset.zone });
      find("saved").textContent = words.saved.replace("{time}", time);
    }
    const pending = {};
    for (const one of unsent()) pending[one.number] = { answer: read(one.item), known: one.seq };
    keep(pendingKey, Object.keys(pending).length ? pending : null);
    if (!left) find("unsent").hidden = true;
    if (!left && state.isHandingIn) find("hand-in-form").submit();
  };
  const send = (question) => {
    clearTimeout(question.timer);
    question.timer = 0;
    const answer = read(question.item);
    if (!question.sent && !question.there && !state.isLate && !same(answer, question.stored)) {
      question.sent = link.send({ type: "answer", n: question.number, answer, known: question.seq });
    }
    showSaved(new Date());
  };
  const changed = (question, isWriting) => {
    showLink(question);
    clearTimeout(question.timer);
    question.timer = setTimeout(() => send(question), isWriting ? WRITING : 0);
    showSaved();
  };
  const stood = (question, seq, answer) => {
    question.seq = seq;
    question.stored = answer ?? null;
    find(`question="${question.number}"`).querySelector("input[type=hidden][name^=known]").value = seq;
  };

  /* What the server tells */
  const showConflict = (question, text) => {
    question.there = text;
    const box = find("conflict", question.section);
    find("conflict-text", box).textContent = text.message;
    find("there", box).textContent = say(question.item, text.answer, words.nothing);
    find("here", box).textContent = say(question.item, read(question.item), words.nothing);
    box.hidden = false;
  };
  const settle = (question, isTaken) => {
    stood(question, question.there.seq, question.there.answer);
    if (isTaken) put(question.item, question.there.answer);
    question.there = null;
    find("conflict", question.section).hidden = true;
    showLink(question);
    send(question);
    question.section.focus();
  };
  const setLeft = (ms) => {
    if (ms === null || ms === undefined) return;
    state.ends = performance.now() + ms;
    if (ms > 0 && state.isLate) location.reload(); // more time was given
  };
  const heard = {
    room(text) {
      setLeft(text.left_ms);
      for (const question of questions.values()) {
        const there = text.answers[question.number];
        const own = read(question.item);
        const isTouched = !same(own, question.stored) || question.sent;
        if (there && there.seq !== question.seq && !question.sent) {
          if (isTouched && !same(own, there.answer)) showConflict(question, { ...there, message: words.elsewhere });
          else { stood(question, there.seq, there.answer); put(question.item, there.answer); }
        }
        showLink(question);
        if (!question.there) send(question);
      }
    },
    ack(text) {
      setLeft(text.left_ms);
      const question = questions.get(text.n);
      const sent = question.sent?.id === text.id ? question.sent.answer : read(question.item);
      question.sent = null;
      stood(question, text.seq, sent);
      send(question);
    },
    fault(text) {
      const question = questions.get(text.n);
      if (text.code === "over") { late(); return; }
      if (!question) return;
      question.sent = null;
      if (text.code === "elsewhere") {
        if (same(text.answer, read(question.item))) { stood(question, text.seq, text.answer); send(question); }
        else showConflict(question, text);
      } else if (text.code === "busy") question.timer = setTimeout(() => send(question), AGAIN);
      else { find("told").textContent = text.message; question.stored = read(question.item); }
      showSaved();
    },
    over() { late(); location.assign(exam.dataset.over); },
  };
  const late = () => {
    if (state.isLate) return;
    state.isLate = true;
    link.end();
    keep(pendingKey, null);
    find("late").hidden = false;
    for (const field of find("form").querySelectorAll("input, textarea, select, button")) field.disabled = true;
    setTimeout(() => location.assign(exam.dataset.over), 4000);
  };

  /* Clock */
  const told = new Set();
  const tick = () => {
    if (state.ends === null || state.isLate) return;
    const seconds = Math.max(0, Math.ceil((state.ends - performance.now()) / 1000));
    const hours = Math.floor(seconds / 3600);
    const minutes = String(Math.floor((seconds % 3600) / 60)).padStart(hours ? 2 : 1, "0");
    find("clock").textContent = `${hours ? `${hours}:` : ""}${minutes}:${String(seconds % 60).padStart(2, "0")}`;
    exam.classList.toggle("is-late", seconds <= 60);
    for (const [limit, text] of [[300, words.minutes5], [60, words.minute1]]) {
      if (seconds <= limit && seconds > limit - 30 && !told.has(limit)) { told.add(limit); tell(text); }
    }
    if (seconds === 0) late();
  };

  /* By hand */
  exam.addEventListener("input", (event) => {
    const section = event.target.closest("[data-question]");
    if (section) changed(questions.get(Number(section.dataset.question)), event.target.matches("textarea, [data-gap]"));
  });
  exam.addEventListener("focusout", (event) => {
    const section = event.target.closest("[data-question]");
    const question = section && questions.get(Number(section.dataset.question));
    if (question?.timer && event.target.matches("textarea, [data-gap]")) send(question);
  });
  exam.addEventListener("focusin", (event) => {
    const section = event.target.closest("[data-question]");
    if (section && Number(section.dataset.question) !== state.current) go(Number(section.dataset.question), false);
  });
  exam.addEventListener("click", (event) => {
    const on = (name) => event.target.closest(`[data-${name}]`);
    const question = questions.get(Number(on("question")?.dataset.question));
    const button = on("up") || on("down") || on("keep");
    if (button) {
      event.preventDefault();
      const place = move(button);
      if (place) tell(words.moved.replace("{n}", place));
      changed(question);
    } else if (on("goto")) { event.preventDefault(); go(Number(on("goto").dataset.goto)); }
    else if (on("step")) go(question.number + Number(on("step").dataset.step));
    else if (on("to-end")) { event.preventDefault(); go(questions.size + 1); }
    else if (on("to-questions")) go([...questions.values()].find((one) => !isDone(one.item))?.number ?? questions.size);
    else if (on("mark")) {
      if (!later.delete(question.number)) later.add(question.number);
      keep(laterKey, later.size ? [...later] : null);
      showLink(question);
    } else if (on("take-there")) settle(question, true);
    else if (on("keep-here")) settle(question, false);
  });
  find("form").addEventListener("submit", (event) => {
    if (event.submitter?.name === "drill") return; // the server stores what stands here and begins the drill
    event.preventDefault();
    for (const question of questions.values()) send(question);
    if (event.submitter?.value !== "hand_in") return;
    const conflict = [...questions.values()].find((one) => one.there);
    if (conflict) { go(conflict.number); return; }
    state.isHandingIn = true;
    find("unsent").hidden = unsent().length === 0;
    showSaved(new Date());
  });
  // Enter in a gap goes on; it hands nothing in.
  find("form").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  window.addEventListener("beforeunload", () => { for (const question of questions.values()) if (question.timer) send(question); });

  const link = new window.DrillLink(exam.dataset.socket, exam.dataset.attempt, {
    text: (text) => heard[text.type]?.(text),
    state: (what) => {
      find("lost").hidden = what !== "waiting";
      find("gone").hidden = what !== "gone";
      showSaved();
    },
  });
  // What was on its way when the page was closed is on its way again, and what was never sent is there again. Where
  // something else stands now than this browser knew, its person chooses.
  for (const message of link.kept) {
    const question = questions.get(message.n);
    if (question) question.sent = message;
  }
  for (const [number, left] of Object.entries(recall(pendingKey, {}))) {
    const question = questions.get(Number(number));
    if (!question || same(left.answer, question.stored)) continue;
    put(question.item, left.answer);
    const isOwn = left.known === question.seq || same(question.sent?.answer, question.stored);
    if (!isOwn) showConflict(question, { seq: question.seq, answer: question.stored, message: words.elsewhere });
  }
  if (exam.dataset.left) setLeft(Number(exam.dataset.left));
  find("save").hidden = true;
  exam.classList.add("is-live");
  const asked = Number(location.hash.match(/^#q(\d+)$/)?.[1] ?? 0);
  go(questions.has(asked) ? asked : 1, false);
  if (questions.has(asked)) questions.get(asked).section.scrollIntoView({ block: "start" });
  setInterval(tick, 500);
  tick();
})();
