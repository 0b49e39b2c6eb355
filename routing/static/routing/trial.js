// Follows a test alert: asks for its steps until the last one is done, more and more slowly.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector("[data-steps]");
  if (!place) { return; }
  const isOver = () => Boolean(place.querySelector("[data-over='yes']"));
  let shown = "";
  let wait = 400;

  async function look() {
    if (!document.hidden) {
      try {
        const answer = await fetch(place.dataset.steps, { credentials: "same-origin" });
        if (answer.redirected || answer.status === 403 || answer.status === 404) { return; }
        const text = answer.ok ? await answer.text() : shown;
        if (text !== shown) {
          place.innerHTML = text;
          shown = text;
          wait = 400;
        }
      } catch (error) {
        wait = 5000;
      }
    }
    if (!isOver()) {
      wait = Math.min(wait * 1.2, 5000);
      setTimeout(look, wait);
    }
  }

  if (!isOver()) { setTimeout(look, wait); }
});
