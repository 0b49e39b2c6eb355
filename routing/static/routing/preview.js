// Draws beside a form what its fields would make of a message, a moment after each change.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const panel = document.querySelector("[data-preview]");
  if (!panel) { return; }
  const form = panel.closest("form");
  const place = panel.querySelector("[data-preview-place]");
  let timer = 0;
  let asked = 0;

  async function draw() {
    const number = ++asked;
    const fields = new FormData(form);
    fields.set("preview-part", "1");
    try {
      const answer = await fetch(panel.dataset.preview, { method: "POST", body: fields, credentials: "same-origin" });
      if (!answer.ok || answer.redirected || number !== asked) { return; }
      const text = await answer.text();
      if (number === asked && text !== place.innerHTML) { place.innerHTML = text; }
    } catch (error) {
      // The next change asks again; the button still opens the page.
    }
  }

  function soon() {
    clearTimeout(timer);
    if (panel.open) { timer = setTimeout(draw, 400); }
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("click", (event) => { if (event.target.matches("[data-remove], [data-add]")) { soon(); } });
  panel.addEventListener("toggle", soon);
  soon();
});
