// The upload page: chosen files, true progress of the bytes, then the batch as it is worked on.
"use strict";
import { root, told } from "./tools.js";
import { watchBatch } from "./live.js";

const units = ["B", "kB", "MB", "GB", "TB"];

function size(octets) {
  let number = octets;
  let unit = 0;
  while (number >= 1000 && unit < units.length - 1) {
    number /= 1000;
    unit += 1;
  }
  return `${unit ? number.toFixed(1) : number} ${units[unit]}`;
}

export function startUpload() {
  const form = document.getElementById("upload");
  if (!form) return;
  const input = document.getElementById("files");
  const drop = document.getElementById("drop");
  const list = document.getElementById("chosen");
  const error = document.getElementById("form-error");
  let chosen = [];

  const show = () => {
    list.replaceChildren(
      ...chosen.map((file, number) => {
        const item = document.createElement("li");
        const name = document.createElement("bdi");
        name.className = "name";
        name.textContent = file.name;
        const octets = document.createElement("small");
        octets.className = "quiet";
        octets.textContent = size(file.size);
        const remove = document.createElement("button");
        remove.type = "button";
        remove.textContent = "✕";
        remove.setAttribute("aria-label", `${form.dataset.remove} ${file.name}`);
        remove.addEventListener("click", () => {
          chosen.splice(number, 1);
          show();
        });
        item.append(name, octets, remove);
        return item;
      }),
    );
  };
  const add = (files) => {
    chosen = [...chosen, ...files];
    error.hidden = true;
    show();
  };
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  // What was chosen before this script was there.
  if (input.files.length) input.dispatchEvent(new Event("change"));
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop") add(event.dataTransfer.files);
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!chosen.length) {
      fail(form.dataset.noFiles);
      return;
    }
    if (!form.reportValidity()) return;
    error.hidden = true;
    send(form, chosen, fail);
  });
  const fail = (text) => {
    form.hidden = false;
    document.getElementById("sending").hidden = true;
    error.textContent = text;
    error.hidden = false;
    error.scrollIntoView({ block: "nearest" });
  };
}

function send(form, files, fail) {
  const data = new FormData(form);
  data.delete("files");
  data.set("wait", "false");
  for (const file of files) data.append("files", file, file.name);
  const sending = document.getElementById("sending");
  const bar = document.getElementById("sent");
  const text = document.getElementById("sent-text");
  form.hidden = true;
  sending.hidden = false;
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    bar.max = event.total;
    bar.value = event.loaded;
    text.textContent = form.dataset.of.replace("{done}", size(event.loaded)).replace("{total}", size(event.total));
  });
  request.upload.addEventListener("load", () => {
    document.getElementById("sending-title").textContent = form.dataset.uploaded;
  });
  request.addEventListener("error", () => fail(form.dataset.broke));
  request.addEventListener("load", () => {
    let answer = null;
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // not one of our own answers: its status has to do
    }
    if (request.status >= 400 || !answer) fail(told(answer, `${request.status}`));
    else arrived(answer.data.batch_id);
  });
  request.open("POST", `${root}/api/import?lang=${document.documentElement.lang}`);
  request.send(data);
}

function arrived(batchId) {
  document.getElementById("arrived").hidden = false;
  const place = document.getElementById("arrived-batch");
  place.dataset.batch = batchId;
  const page = `${root}/batches/${batchId}`;
  place.setAttribute("hx-get", `${page}?part=true`);
  place.setAttribute("hx-trigger", "load, batch-changed from:body throttle:500ms");
  window.htmx.process(place);
  watchBatch(batchId);
}
