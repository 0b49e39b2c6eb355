// While a job runs, its numbers are fetched again every two seconds; without scripts the page can be reloaded.
(function () {
  "use strict";
  const wait = 2000;
  async function renew() {
    const shown = document.getElementById("progress");
    if (!shown || !("running" in shown.dataset)) return;
    if (!document.hidden && !shown.contains(document.activeElement)) {
      try {
        const answer = await fetch(window.location.href, { credentials: "same-origin" });
        if (answer.ok && !answer.redirected) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
          if (fresh) shown.replaceWith(fresh);
        }
      } catch (error) {
        // The server is away for a moment: the next look tells.
      }
    }
    window.setTimeout(renew, wait);
  }
  window.setTimeout(renew, wait);
})();
