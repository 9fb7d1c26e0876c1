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
  if (batch && batch.dataset.finished !== "true") watchBatch(batch.dataset.batch);
}

// Tells of each change of a batch, until it is finished; at first how it is now, which may be more than the page shows.
export function watchBatch(batchId) {
  const source = new EventSource(`${root}/api/events?batch_id=${batchId}&lang=${document.documentElement.lang}`);
  source.addEventListener("batch", (event) => {
    window.htmx.trigger(document.body, "batch-changed");
    if (JSON.parse(event.data).finished_at) source.close();
  });
}
