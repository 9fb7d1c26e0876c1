// Starts what the page needs.
"use strict";
import { ask, confirmed, follow, toast, told } from "./tools.js";
import { drawChart } from "./charts.js";
import { startLive } from "./live.js";
import { startUpload } from "./upload.js";
import { startExports } from "./exports.js";
import { drawExportCharts } from "./export-charts.js";
import { startTableForm } from "./table-form.js";
import { sendCorrections, watchCells } from "./corrections.js";

document.getElementById("language").addEventListener("change", (event) => {
  document.cookie = `import_export_language=${event.target.value}; path=/; max-age=31536000; samesite=strict`;
  window.location.reload();
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-airflow-path], a[data-outside]");
  if (link && window.parent !== window) {
    event.preventDefault();
    follow(link.href, link.hasAttribute("data-outside"));
    return;
  }
  const button = event.target.closest("button[data-post]");
  if (!button || (button.dataset.ask && !(await confirmed(button.dataset.ask)))) return;
  button.disabled = true;
  try {
    await ask("POST", button.dataset.post);
    window.location.reload();
  } catch (fault) {
    button.disabled = false;
    toast(fault.message, true);
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("form.corrections")) {
    event.preventDefault();
    await sendCorrections(form);
  } else if (form.dataset.registerAt || form.dataset.removeAt) {
    event.preventDefault();
    if (form.dataset.ask && !(await confirmed(form.dataset.ask))) return;
    try {
      if (form.dataset.registerAt) {
        await ask("POST", form.dataset.registerAt, Object.fromEntries(new FormData(form)));
      } else {
        const drop = form.querySelector("[name=drop_data]")?.checked ?? false;
        await ask("DELETE", `${form.dataset.removeAt}?drop_data=${drop}`);
      }
      window.location.href = form.dataset.then;
    } catch (fault) {
      toast(fault.message, true);
    }
  }
});

document.body.addEventListener("htmx:responseError", (event) => {
  let answer = null;
  try {
    answer = JSON.parse(event.detail.xhr.responseText);
  } catch {
    // not one of our own answers: its status has to do
  }
  toast(told(answer, `${event.detail.xhr.status}`), true);
});
document.body.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline, true));

// What the reader has opened stays open when the part around it is renewed.
let open = new Set();
const keyOf = (details) => `${details.closest("[id]")?.id}/${[...details.parentElement.children].indexOf(details)}/${details.querySelector("summary")?.textContent.replace(/[\d.,()]/g, "")}`;
document.body.addEventListener("htmx:beforeSwap", (event) => {
  open = new Set([...event.detail.target.querySelectorAll("details[open]")].map(keyOf));
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  for (const details of event.detail.target.querySelectorAll("details")) {
    if (open.has(keyOf(details))) details.open = true;
  }
});
document.body.addEventListener("htmx:afterSettle", start);

function start() {
  drawChart();
  drawExportCharts();
  startTableForm();
  watchCells();
}
window.addEventListener("theme", () => {
  drawChart();
  drawExportCharts(true);
});
start();
startLive();
startUpload();
startExports();
