// What the pages' scripts share: asking the API, telling the reader, and Airflow's frame.
"use strict";

export const root = document.body.dataset.root;

export function toast(text, bad = false) {
  const box = document.createElement("div");
  box.className = bad ? "toast bad" : "toast";
  const words = document.createElement("bdi");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "✕";
  close.setAttribute("aria-label", document.body.dataset.close);
  close.addEventListener("click", () => box.remove());
  box.append(words, close);
  document.getElementById("toasts").append(box);
  if (!bad) window.setTimeout(() => box.remove(), 6000);
}

export function told(answer, fallback) {
  const warnings = answer?.details?.warnings ?? [];
  return [answer?.error ?? fallback, ...warnings].join("\n");
}

export async function ask(method, url, body) {
  const language = document.documentElement.lang;
  const place = new URL(url, window.location.href);
  place.searchParams.set("lang", language);
  const answer = await fetch(place, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const data = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(told(data, `${answer.status} ${answer.statusText}`));
  return data.data;
}

// Airflow shows these pages in a frame without modal windows, so a question is asked in the page itself.
export function confirmed(question) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    const words = document.createElement("p");
    words.textContent = question;
    const buttons = document.createElement("form");
    buttons.method = "dialog";
    for (const [value, text, kind] of [
      ["no", document.body.dataset.cancel, ""],
      ["yes", document.body.dataset.doIt, "danger"],
    ]) {
      const button = document.createElement("button");
      button.value = value;
      button.textContent = text;
      button.className = kind;
      buttons.append(button);
    }
    dialog.append(words, buttons);
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    dialog.showModal();
  });
}

// A frame may not open windows or move the page around it; a link of that page itself may.
export function follow(href, outside) {
  if (window.parent === window) {
    window.location.href = href;
    return;
  }
  const link = window.parent.document.createElement("a");
  link.href = href;
  if (outside) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  link.click();
}
