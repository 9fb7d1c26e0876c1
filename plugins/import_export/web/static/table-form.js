// The form of a table: columns are added, moved, removed; the whole is saved, or tried with past files.
"use strict";
import { ask, root, toast } from "./tools.js";

const lists = { date_formats: /,/, aliases: /\n/, allowed_values: /\n/ };

function column(item) {
  const values = {};
  for (const field of item.querySelectorAll("[data-key]")) {
    const key = field.dataset.key;
    if (field.type === "checkbox") values[key] = field.checked;
    else if (lists[key]) values[key] = field.value.split(lists[key]).map((each) => each.trim()).filter(Boolean);
    else values[key] = field.value.trim();
  }
  values.trim = !values.keep_blanks;
  delete values.keep_blanks;
  for (const key of ["default", "minimum", "maximum", "pattern", "role"]) values[key] ||= null;
  return values;
}

function body(form) {
  const data = new FormData(form);
  const values = {};
  for (const key of ["table_name", "display_name", "allowed_filename", "distributor_check", "duplicates", "max_rejects", "replaces", "delimiter"]) {
    if (data.has(key)) values[key] = data.get(key).trim();
  }
  values.delimiter ||= null;
  values.columns = [...form.querySelectorAll("#columns > .column")].map(column);
  return values;
}

export function startTableForm() {
  const form = document.getElementById("table-form");
  if (!form || form.dataset.started) return;
  form.dataset.started = "true";
  const columns = document.getElementById("columns");
  const error = document.getElementById("table-error");
  const isNew = form.dataset.new === "true";
  const place = `${root}/api/tables/${encodeURIComponent(form.dataset.name)}`;

  columns.addEventListener("click", (event) => {
    const item = event.target.closest(".column");
    if (event.target.closest("button.remove")) item.remove();
    else if (event.target.closest("button.up") && item.previousElementSibling) {
      columns.insertBefore(item, item.previousElementSibling);
      item.querySelector("button.up").focus();
    }
  });
  document.getElementById("add-column")?.addEventListener("click", () => {
    columns.append(document.getElementById("new-column").content.cloneNode(true));
    const name = columns.lastElementChild.querySelector("[data-key=name]");
    name.removeAttribute("readonly");
    name.focus();
  });

  const asked = document.getElementById("form-filename");
  const tryName = () =>
    window.htmx.ajax("GET", asked.dataset.askNames, {
      target: "#form-filename-answer",
      values: {
        name: asked.value,
        allowed_filename: form.elements.allowed_filename.value,
        table_name: isNew ? form.elements.table_name.value : form.dataset.name,
      },
    });
  let waiting = 0;
  for (const field of [asked, form.elements.allowed_filename]) {
    field.addEventListener("input", () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(tryName, 200);
    });
  }

  const tell = (text) => {
    error.textContent = text;
    error.hidden = !text;
    if (text) error.scrollIntoView({ block: "nearest" });
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("");
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    try {
      const drop = form.elements.drop_data?.checked ?? false;
      if (isNew) {
        const made = await ask("POST", `${root}/api/tables`, body(form));
        window.location.href = `${root}/tables/${encodeURIComponent(made.table_name)}`;
      } else {
        await ask("PUT", `${place}?drop_data=${drop}`, body(form));
        toast(form.dataset.saved);
        window.setTimeout(() => window.location.reload(), 600);
      }
    } catch (fault) {
      tell(fault.message);
    }
    button.disabled = false;
  });
  document.getElementById("replay")?.addEventListener("click", async (event) => {
    tell("");
    event.target.disabled = true;
    try {
      const answer = await fetch(`${root}/tables/${encodeURIComponent(form.dataset.name)}/replay`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/html" },
        body: JSON.stringify(body(form)),
      });
      if (answer.ok) {
        const shown = document.getElementById("replayed");
        const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
        shown.replaceChildren(...parsed.body.childNodes);
        shown.scrollIntoView({ block: "nearest" });
      } else tell((await answer.json()).error);
    } catch (fault) {
      tell(fault.message);
    }
    event.target.disabled = false;
  });
}
