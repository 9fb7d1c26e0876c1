// The preview's charts: one line over the days each, and the ages of the followers.
"use strict";
import { color, library } from "./charts.js";

let drawn = [];

const number = (value) => Number(value).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });
const short = (value) => Number(value).toLocaleString(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 2 });

// Drawn anew when the preview or the colors change; what is drawn already stays.
export async function drawExportCharts(again = false) {
  const canvases = [...document.querySelectorAll("canvas.day-chart, canvas.age-chart")];
  if (!canvases.length) return;
  const Chart = await library();
  drawn = drawn.filter((chart) => {
    const stays = chart.canvas?.isConnected && !again;
    if (!stays) chart.destroy();
    return stays;
  });
  for (const canvas of canvases) {
    if (canvas.isConnected && !Chart.getChart(canvas)) drawn.push(new Chart(canvas, canvas.classList.contains("day-chart") ? days(canvas) : ages(canvas)));
  }
}

function days(canvas) {
  const days = JSON.parse(canvas.dataset.days).map((day) =>
    new Date(`${day}T00:00:00`).toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "short" }),
  );
  const values = JSON.parse(canvas.dataset.values);
  // A day between two gaps has no line to either side: it is shown as a point.
  const alone = values.map((value, at) => value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null);
  return {
    type: "line",
    data: {
      labels: days,
      datasets: [
        {
          label: canvas.dataset.label,
          data: values,
          spanGaps: false,
          borderColor: color("--work"),
          backgroundColor: color("--work"),
          borderWidth: 2,
          pointRadius: alone.map((each) => (each ? 2.5 : 0)),
          pointHitRadius: 12,
          tension: 0.2,
        },
      ],
    },
    options: options({ legend: false, beginAtZero: false }),
  };
}

function ages(canvas) {
  const labels = JSON.parse(canvas.dataset.labels);
  const series = JSON.parse(canvas.dataset.series);
  const colors = { female: "--refused", male: "--work", unknown: "--quiet" };
  const shown = Object.keys(colors).filter((key) => series[key].some((value) => value));
  return {
    type: "bar",
    data: {
      labels: JSON.parse(canvas.dataset.ages),
      datasets: shown.map((key) => ({ label: labels[key], data: series[key], backgroundColor: color(colors[key]) })),
    },
    options: options({ legend: true, beginAtZero: true }),
  };
}

function options({ legend, beginAtZero }) {
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    plugins: {
      legend: { display: legend, position: "bottom", labels: { color: color("--text"), boxWidth: 12 } },
      tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${number(item.raw)}` } },
    },
    scales: {
      x: { grid: { display: false }, ticks: { color: color("--quiet"), maxRotation: 0, autoSkipPadding: 16 } },
      y: { beginAtZero, grid: { color: color("--line") }, ticks: { color: color("--quiet"), maxTicksLimit: 6, callback: short } },
    },
  };
}
