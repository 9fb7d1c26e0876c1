// Rejected rows: a changed cell chooses its row; chosen rows are sent again.
"use strict";
import { ask, root } from "./tools.js";

export function watchCells() {
  for (const cell of document.querySelectorAll("input.cell:not([data-watched])")) {
    cell.dataset.watched = "true";
    cell.addEventListener("input", () => {
      const row = cell.closest("tr");
      const changed = [...row.querySelectorAll("input.cell")].some((each) => each.value !== each.dataset.was);
      row.querySelector(".again").checked = changed;
      row.classList.toggle("changed", changed);
    });
  }
}

export async function sendCorrections(form) {
  const answer = form.querySelector(".answer");
  const rows = [...form.querySelectorAll("tr[data-line]")].filter((row) => row.querySelector(".again").checked);
  if (!rows.length) {
    answer.textContent = form.dataset.none;
    return;
  }
  const lines = rows.map((row) => Number(row.dataset.line));
  const cells = rows.flatMap((row) =>
    [...row.querySelectorAll("input.cell")]
      .filter((cell) => cell.value !== cell.dataset.was)
      .map((cell) => ({ line: Number(row.dataset.line), cell: Number(cell.dataset.cell), value: cell.value })),
  );
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const started = await ask("POST", `${root}/api/files/${form.dataset.job}/corrections`, { lines, cells });
    const link = document.createElement("a");
    link.href = `${root}/batches/${started.batch_id}`;
    link.textContent = form.dataset.open;
    const refused = started.files.map((file) => file.error).filter(Boolean);
    answer.replaceChildren(refused.length ? `${refused.join(" ")} ` : `${form.dataset.sent} `, link);
    answer.classList.toggle("bad-text", refused.length > 0);
  } catch (fault) {
    answer.textContent = fault.message;
    answer.classList.add("bad-text");
  }
  button.disabled = false;
}
