// The condition editor: adds and removes rows, and hides the columns that a choice does not need.
"use strict";
(function () {
  const NAMED = ["tag:", "setting:"];
  const WITHOUT_VALUE = ["is_set", "is_not_set"];

  function refresh(row) {
    const field = row.querySelector("select[name$='-field']");
    const operator = row.querySelector("select[name$='-op']");
    row.querySelector("input[name$='-name']").classList.toggle("unused", !NAMED.includes(field.value));
    row.querySelector("input[name$='-value']").classList.toggle("unused", WITHOUT_VALUE.includes(operator.value));
  }

  function clear(row) {
    row.querySelectorAll("input").forEach((input) => { input.value = ""; });
    row.querySelectorAll("select").forEach((select) => { select.selectedIndex = 0; });
    refresh(row);
  }

  function enliven(editor) {
    const body = editor.querySelector("tbody");
    const add = editor.querySelector("[data-add]");
    editor.querySelectorAll("[data-remove], [data-add]").forEach((button) => { button.hidden = false; });
    body.querySelectorAll("tr").forEach(refresh);
    body.addEventListener("change", (event) => refresh(event.target.closest("tr")));
    body.addEventListener("click", (event) => {
      if (!event.target.matches("[data-remove]")) { return; }
      const row = event.target.closest("tr");
      if (body.rows.length > 1) { row.remove(); } else { clear(row); }
    });
    add.addEventListener("click", () => {
      const row = body.rows[body.rows.length - 1].cloneNode(true);
      body.append(row);
      clear(row);
      row.querySelector("select[name$='-field']").focus();
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-conditions]").forEach(enliven);
  });
})();
