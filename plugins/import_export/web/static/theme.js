// Before the page is drawn: light or dark, and the language, as Airflow's own UI has them; and nobody is too early.
"use strict";
(() => {
  const stored = (key) => {
    try {
      return window.localStorage.getItem(key) || "";
    } catch {
      return ""; // no storage in this frame: the browser's own choices stand
    }
  };
  const apply = () => {
    const chosen = stored("theme").replace(/"/g, "");
    const dark = chosen === "dark" || (chosen !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    window.dispatchEvent(new Event("theme"));
  };
  apply();
  window.addEventListener("storage", apply);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  const name = "import_export_language";
  const airflow = stored("i18nextLng").slice(0, 2);
  if (!document.cookie.includes(`${name}=`) && ["en", "id"].includes(airflow) && airflow !== document.documentElement.lang) {
    document.cookie = `${name}=${airflow}; path=/; samesite=strict`;
    if (document.cookie.includes(`${name}=`)) window.location.reload();
  }
  // What is pressed before the other scripts are there is done when they are, as a form would be sent by itself.
  let early = [];
  const hold = (event) => {
    const form = event.type === "submit";
    const pressed = form ? event.target : event.target.closest("button[type=button]");
    if (!early || !pressed || (form && pressed.hasAttribute("action"))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    early.push(() => (form ? pressed.requestSubmit(event.submitter) : pressed.click()));
  };
  for (const name of ["submit", "click"]) document.addEventListener(name, hold, true);
  document.addEventListener("DOMContentLoaded", () =>
    window.setTimeout(() => {
      const held = early;
      early = null;
      for (const press of held) press();
    }),
  );
})();
