// Draws the chart of the dashboard from the table below it: one source for both.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const canvas = document.getElementById("hours");
  if (!canvas || !window.Chart) { return; }
  const rows = [...document.querySelectorAll("#hours-table tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent));
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const strokes = [...document.querySelectorAll("#hours-table th[data-stroke]")];
  const line = (head) => ({
    label: head.textContent, data: rows.map((row) => Number(row[head.cellIndex])), borderColor: color(head.dataset.stroke),
    backgroundColor: color(head.dataset.stroke), tension: 0.25, pointRadius: 2,
  });
  new Chart(canvas, {
    type: "line",
    data: {
      labels: rows.map((row) => row[0]),
      datasets: strokes.map(line),
    },
    options: {
      animation: false, maintainAspectRatio: false,
      scales: { y: { beginAtZero: true, ticks: { precision: 0, color: color("--body-fg") } }, x: { ticks: { color: color("--body-fg") } } },
      plugins: { legend: { labels: { color: color("--body-fg") } } },
    },
  });
});
