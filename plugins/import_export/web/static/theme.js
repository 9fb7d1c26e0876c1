// Before the page is drawn: light or dark, and the language, as Airflow's own UI has them.
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
})();
