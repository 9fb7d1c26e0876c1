// The exports page: accounts and a period are chosen, their numbers shown, and files made.
"use strict";
import { ask, root, told } from "./tools.js";

const SMALL = 1; // account and file: made while the person waits; anything more is a run
const TOO_LARGE = 413;

export function startExports() {
  const form = document.getElementById("export");
  if (!form) return;
  const fields = form.elements;
  const boxes = [...form.querySelectorAll("#accounts input")];
  const every = document.getElementById("all-accounts");
  const preview = document.getElementById("preview");
  const error = document.getElementById("export-error");
  const answer = document.getElementById("export-told");
  let shown = boxes.find((box) => box.checked)?.value;

  const tell = (text) => {
    error.textContent = text;
    error.hidden = !text;
    if (text) {
      answer.textContent = "";
      error.scrollIntoView({ block: "nearest" });
    }
  };
  const checked = (name) => [...form.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value);
  const frame = () => checked("frame")[0];
  const badPeriod = () => {
    if (frame()) return "";
    const [start, end] = [fields.start, fields.end];
    if (!start.value || !end.value) return form.dataset.noDays;
    for (const field of [start, end]) if (!field.validity.valid) return field.validationMessage;
    return start.value > end.value ? form.dataset.turned : "";
  };
  const period = () => (frame() ? { date_frame: Number(frame()) } : { start: fields.start.value, end: fields.end.value });

  const renew = () => {
    const accounts = every?.checked ? boxes : boxes.filter((box) => box.checked);
    document.getElementById("chosen-count").textContent = form.dataset.chosen.replace("{count}", accounts.length.toLocaleString(document.documentElement.lang));
    document.getElementById("own-days").hidden = Boolean(frame());
    document.getElementById("csv-contents").hidden = !checked("format").includes("csv");
    document.getElementById("pdf-pages").hidden = !checked("format").includes("pdf");
    const each = document.getElementById("each-period");
    each.hidden = accounts.length < 2 || !frame();
    each.textContent = each.dataset.told.replace("{days}", frame());
  };
  const show = () => {
    if (shown && !badPeriod()) window.htmx.trigger(preview, "wanted");
    else if (!shown) {
      const words = document.createElement("p");
      words.className = "quiet";
      words.textContent = preview.dataset.choose;
      preview.replaceChildren(words);
    }
  };
  preview.addEventListener("htmx:configRequest", (event) => {
    if (!shown) event.preventDefault();
    event.detail.parameters = { account: shown, ...period() };
  });
  for (const [name, busy] of [["htmx:beforeRequest", "true"], ["htmx:afterRequest", "false"]]) {
    preview.addEventListener(name, () => preview.setAttribute("aria-busy", busy));
  }

  form.addEventListener("change", (event) => {
    const field = event.target;
    tell("");
    renew();
    if (field.name === "account") {
      if (field.checked) shown = field.value;
      else if (field.value === shown) shown = boxes.find((box) => box.checked)?.value;
    } else if (field === every) {
      for (const box of boxes) box.disabled = every.checked;
      shown ??= boxes[0].value;
    } else if (!["frame", "start", "end"].includes(field.name)) return;
    if (["start", "end"].includes(field.name) && fields.start.value && fields.end.value) tell(badPeriod());
    show();
  });

  const search = document.getElementById("account-search");
  const filter = () => {
    const wanted = search.value.trim().replace(/^@/, "").toLocaleLowerCase();
    let found = 0;
    for (const box of boxes) {
      const item = box.closest("li");
      item.hidden = Boolean(wanted) && !item.querySelector(".who").textContent.toLocaleLowerCase().includes(wanted);
      found += item.hidden ? 0 : 1;
    }
    document.getElementById("no-account").hidden = found > 0;
  };
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });

  const order = () => ({
    accounts: every?.checked ? "all" : checked("account"),
    formats: checked("format"),
    contents: checked("content"),
    pages: checked("page"),
    ...period(),
    language: fields.lang.value,
  });
  const problem = (wanted) => {
    if (!wanted.accounts.length) return form.dataset.noAccount;
    if (!wanted.formats.length) return form.dataset.noFormat;
    if (wanted.formats.includes("csv") && !wanted.contents.length) return form.dataset.noContent;
    if (wanted.formats.includes("pdf") && !wanted.pages.length) return form.dataset.noPage;
    return badPeriod();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = order();
    const wrong = problem(wanted);
    tell(wrong);
    if (wrong) return;
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    answer.textContent = form.dataset.making;
    try {
      const name = await downloaded(wanted);
      if (name) answer.textContent = form.dataset.saved.replace("{name}", name);
      else if (form.dataset.mayStart !== "true") tell(form.dataset.mayNot);
      else {
        const run = await ask("POST", `${root}/api/exports`, wanted);
        answer.textContent = "";
        await window.htmx.ajax("GET", `${root}/exports/${run.id}?part=true`, { target: "#started" });
        window.htmx.trigger(document.body, "exports-changed");
      }
    } catch (fault) {
      tell(fault instanceof TypeError ? form.dataset.broke : fault.message);
    }
    button.disabled = false;
  });

  renew();
  if (!shown) show();
}

// The name of the one file of one account, once it is saved; null when it takes a run.
async function downloaded(wanted) {
  const files = wanted.formats.length + (wanted.formats.includes("csv") ? wanted.contents.length - 1 : 0);
  if (wanted.accounts === "all" || wanted.accounts.length !== SMALL || files !== SMALL) return null;
  const [format] = wanted.formats;
  const place = new URL(`${root}/api/accounts/${encodeURIComponent(wanted.accounts[0])}/download/${format}${format === "csv" ? `/${wanted.contents[0]}` : ""}`, window.location.href);
  for (const [key, value] of [["start", wanted.start], ["end", wanted.end], ["date_frame", wanted.date_frame], ["lang", wanted.language]]) if (value) place.searchParams.set(key, value);
  if (format === "pdf") for (const page of wanted.pages) place.searchParams.append("pages", page);
  const answer = await fetch(place);
  if (answer.status === TOO_LARGE) return null;
  if (!answer.ok) throw new Error(told(await answer.json().catch(() => null), `${answer.status} ${answer.statusText}`));
  const name = nameOf(answer.headers.get("content-disposition") ?? "") || `export.${format}`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return name;
}

function nameOf(disposition) {
  const [, encoded] = /filename\*=utf-8''([^;]+)/i.exec(disposition) ?? [];
  if (encoded) return decodeURIComponent(encoded);
  return (/filename="([^"]+)"/.exec(disposition) ?? [])[1];
}
