// Keeps lists and batches up to date by the server's events.
"use strict";
import { root } from "./tools.js";

export function startLive() {
  const list = document.getElementById("batch-list");
  if (list) {
    // Who has unfolded more of the list is not thrown back to its beginning.
    list.addEventListener("htmx:beforeRequest", (event) => {
      if (event.target.closest("tr.more")) list.dataset.unfolded = "true";
    });
    const source = new EventSource(list.dataset.live);
    source.addEventListener("changed", () => {
      if (!list.dataset.unfolded) window.htmx.trigger(document.body, "batches-changed");
    });
  }
  const batch = document.getElementById("batch");
  if (batch) watchBatch(batch.dataset.batch, (state) => state, false);
}

// Tells of each change of a batch, until it is finished.
export function watchBatch(batchId, changed, fresh) {
  const source = new EventSource(`${root}/api/events?batch_id=${batchId}&lang=${document.documentElement.lang}`);
  let first = !fresh;
  source.addEventListener("batch", (event) => {
    const state = JSON.parse(event.data);
    changed(state);
    // The first event tells what the page shows already, unless it changed in between: then there is a second one.
    if (!first) window.htmx.trigger(document.body, "batch-changed");
    first = false;
    if (state.finished_at) source.close();
  });
}
