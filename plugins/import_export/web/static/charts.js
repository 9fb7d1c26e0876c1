// The chart of the last days: files as stacked bars, good rows as a line.
"use strict";

let drawn = null;
let loading = null;

export function library() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${document.body.dataset.root}/static/vendor/chart.js`;
    script.onload = () => resolve(window.Chart);
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

export const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export async function drawChart() {
  const canvas = document.getElementById("chart");
  if (!canvas) return;
  const theme = document.documentElement.dataset.theme;
  if (drawn?.canvas === canvas && drawn.theme === theme) return;
  const Chart = await library();
  if (drawn?.canvas === canvas && drawn.theme === theme) return;
  drawn?.chart.destroy();
  const labels = JSON.parse(canvas.dataset.labels);
  const series = JSON.parse(canvas.dataset.series);
  const bars = [["done", "--good"], ["refused", "--refused"], ["failed", "--bad"], ["under_way", "--work"]];
  const language = document.documentElement.lang;
  const days = JSON.parse(canvas.dataset.days).map((day) =>
    new Date(`${day}T00:00:00`).toLocaleDateString(language, { day: "numeric", month: "short" }),
  );
  const axis = (position, grid) => ({
    position,
    beginAtZero: true,
    grid: { display: grid, color: color("--line") },
    ticks: { color: color("--quiet"), precision: 0, callback: (value) => Number(value).toLocaleString(language, { notation: "compact" }) },
  });
  const chart = new Chart(canvas, {
    data: {
      labels: days,
      datasets: [
        { type: "line", label: labels.good_rows, data: series.good_rows, yAxisID: "rows", borderColor: color("--text"), backgroundColor: color("--text"), borderWidth: 1.5, pointRadius: 1.5, tension: 0.2 },
        ...bars.map(([key, name]) => ({ type: "bar", label: labels[key], data: series[key], yAxisID: "files", stack: "files", backgroundColor: color(name) })),
      ],
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { position: "bottom", labels: { color: color("--text"), boxWidth: 12 } } },
      scales: {
        x: { stacked: true, grid: { display: false }, ticks: { color: color("--quiet"), maxRotation: 0, autoSkipPadding: 12 } },
        files: { ...axis("left", true), stacked: true },
        rows: axis("right", false),
      },
    },
  });
  drawn = { canvas, theme, chart };
}
