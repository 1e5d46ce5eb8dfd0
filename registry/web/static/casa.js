// Small comforts; every page works without this file.
"use strict";

// Ask before what cannot easily be taken back: <form data-confirm="question"> or <button data-confirm="…">
document.addEventListener("submit", (event) => {
  const question = (event.submitter && event.submitter.dataset.confirm) || event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// Signing out leaves nothing typed behind in this browser (see autosave.js)
for (const form of document.querySelectorAll("form[data-forget]")) {
  form.addEventListener("submit", () => {
    try {
      for (const key of Object.keys(window.localStorage)) if (key.startsWith("casa:")) window.localStorage.removeItem(key);
    } catch {
      // Storage is refused in this browser: nothing is kept in it either.
    }
  });
}

// Say when typed words are not saved yet: <form data-unsaved="words"> with an element [data-unsaved-note] in it
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let dirty = false;
  const note = form.querySelector("[data-unsaved-note]");
  form.addEventListener("input", () => {
    dirty = true;
    if (note) note.textContent = form.dataset.unsaved;
  });
  form.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
}

// Filter what is on the page already: <input data-filter="id of a table or list">
for (const input of document.querySelectorAll("input[data-filter]")) {
  const target = document.getElementById(input.dataset.filter);
  const holder = input.closest("[data-needs-script]");
  const note = holder && holder.querySelector("[data-filter-count]");
  if (!target) continue;
  if (holder) holder.hidden = false;
  const rows = [...(target.tBodies ? target.tBodies[0].rows : target.children)];
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[’ʼ‘]/g, "'").toLowerCase();
  const texts = rows.map((row) => fold(row.textContent));
  input.addEventListener("input", () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => texts[at].includes(word));
      if (!row.hidden) shown += 1;
    });
    if (note) note.textContent = words.length ? `${shown} / ${rows.length}` : "";
  });
}

// Choose all boxes of a group: <button type="button" data-check-all="name" hidden>
for (const button of document.querySelectorAll("button[data-check-all]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const boxes = [...document.getElementsByName(button.dataset.checkAll)];
    const all = boxes.every((box) => box.checked);
    boxes.forEach((box) => { box.checked = !all; });
  });
}

// Renew one part of the page while something goes on: <div id="run" data-refresh="seconds">
function renew(part) {
  window.setTimeout(async () => {
    try {
      const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
      if (!fresh) return;
      part.replaceWith(fresh);
      if (fresh.dataset.refresh) renew(fresh);
    } catch {
      renew(part);
    }
  }, Number(part.dataset.refresh) * 1000);
}
document.querySelectorAll("[data-refresh]").forEach(renew);

// Judge a form anew while it is typed: <div id="quality" data-live="address"> inside the form; nothing is saved
for (const first of document.querySelectorAll("form [data-live]")) {
  const form = first.closest("form");
  const id = first.id;
  let timer = 0;
  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(async () => {
      const part = document.getElementById(id);
      try {
        const answer = await fetch(part.dataset.live, { method: "POST", body: new FormData(form) });
        if (!answer.ok) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
        if (fresh) part.replaceWith(fresh);
      } catch {
        // The line is down: what is shown stays until the next try.
      }
    }, 800);
  });
}
