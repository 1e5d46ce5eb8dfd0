// Saves each answer of the questionnaire while it is given; what did not arrive is kept in this browser.
// <form data-autosave="address" data-keep="key" data-saved="words" …> with an element [data-autosave-note]; one fieldset is
// one answer: its inputs, hidden ones too, go together.
"use strict";

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const words = form.dataset;
  const note = form.querySelector("[data-autosave-note]");
  const waiting = new Set(); // fieldsets with changes that were not sent
  let timer = 0;
  let sending = null;

  const tell = (text) => { if (note) note.textContent = text; };

  // A browser may refuse storage: then only the page itself holds what was typed.
  const kept = () => {
    try {
      return JSON.parse(window.localStorage.getItem(words.keep)) || {};
    } catch {
      return {};
    }
  };
  const keep = (all) => {
    try {
      if (Object.keys(all).length) window.localStorage.setItem(words.keep, JSON.stringify(all));
      else window.localStorage.removeItem(words.keep);
      return true;
    } catch {
      return false;
    }
  };

  const inputs = (part) => [...part.elements].filter((each) => each.name && each.type !== "submit");
  const read = (part) => inputs(part).filter((each) => each.type !== "radio" || each.checked)
    .map((each) => [each.name, each.value]);
  const put = (part, values) => {
    const given = new Map(values);
    for (const each of inputs(part)) {
      if (each.type === "radio") each.checked = given.get(each.name) === each.value;
      else if (given.has(each.name)) each.value = given.get(each.name);
    }
  };
  const remark = (part, texts, tone) => {
    const place = part.querySelector("[data-remarks]");
    if (place) place.replaceChildren(...texts.map((text) => {
      const line = document.createElement("p");
      line.className = tone;
      line.textContent = text;
      return line;
    }));
  };

  function later(milliseconds) {
    window.clearTimeout(timer);
    timer = window.setTimeout(sendAll, milliseconds);
  }

  function sendAll() {
    sending = sending || sendEach().finally(() => { sending = null; });
  }

  async function sendEach() {
    for (const part of [...waiting]) {
      waiting.delete(part);
      tell(words.saving);
      if (!await send(part)) break;
    }
  }

  // Whether to go on with the next one: not while there is no connection.
  async function send(part) {
    const values = read(part);
    const body = new FormData();
    for (const [name, value] of [["csrf_token", form.elements.csrf_token.value], ...values]) body.append(name, value);
    let answer;
    let found = {};
    try {
      answer = await fetch(words.autosave, {
        method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(20000),
      });
      if ((answer.headers.get("Content-Type") || "").startsWith("application/json")) found = await answer.json();
    } catch {
      waiting.add(part);
      tell(words.offline);
      later(15000);
      return false;
    }
    if (answer.ok && found.saved) {
      for (const [name, value] of Object.entries(found.seen)) form.elements[name].value = value;
      remark(part, found.remarks, "note warn");
      const count = document.querySelector("[data-section-count]");
      if (count) count.textContent = found.count;
      // Typed on meanwhile: that is a change of its own, and made knowing what was saved now.
      if (waiting.has(part)) later(1500);
      const all = kept();
      if (waiting.has(part)) all[part.id] = read(part);
      else delete all[part.id];
      keep(all);
      const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      tell(words.saved.replace("{time}", time));
    } else if (found.problems) {
      remark(part, found.problems, "error");
      tell(words.problem);
    } else {
      tell(words.refused);
    }
    return true;
  }

  function changed(part) {
    const all = kept();
    all[part.id] = read(part);
    waiting.add(part);
    tell(keep(all) ? words.pending : words.unkept);
    later(1500);
  }

  form.addEventListener("input", (event) => {
    const part = event.target.closest("fieldset[id]");
    if (part) changed(part);
  });
  window.addEventListener("online", () => later(0));

  // What is on its way arrives first: Save would meet it as a change by somebody else.
  form.addEventListener("submit", (event) => {
    window.clearTimeout(timer);
    if (!sending) return;
    event.preventDefault();
    sending.finally(() => form.requestSubmit(event.submitter));
  });

  // Save was pressed on the page before, and this page says that it was done.
  try {
    const sent = window.sessionStorage.getItem("casa:sent");
    if (sent && document.querySelector(".note.good[role=status]")) window.localStorage.removeItem(sent);
    window.sessionStorage.removeItem("casa:sent");
    form.addEventListener("submit", () => { window.sessionStorage.setItem("casa:sent", words.keep); });
  } catch {
    tell(words.unkept);
  }

  for (const [id, values] of Object.entries(kept())) {
    const part = document.getElementById(id);
    if (!part || !form.contains(part)) continue;
    put(part, values);
    waiting.add(part);
  }
  if (waiting.size) {
    tell(words.restored);
    later(0);
  }
}
