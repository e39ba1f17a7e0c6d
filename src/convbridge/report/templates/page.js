"use strict";
(() => {
  const root = document.documentElement;
  const text = (id) => JSON.parse(document.getElementById(id).textContent);

  // Theme: the system's, until the reader says otherwise.
  const theme = document.querySelector(".theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.style.colorScheme || (dark.matches ? "dark" : "light")) === "dark";
  const show = () => theme.setAttribute("aria-pressed", String(isDark()));
  theme.hidden = false;
  theme.addEventListener("click", () => {
    root.style.colorScheme = isDark() ? "light" : "dark";
    show();
  });
  dark.addEventListener("change", show);
  show();

  // Tables: a heading becomes a button that sorts by its column.
  const key = (row, column) => {
    const cell = row.cells[column];
    const said = cell.dataset.sort;
    if (said === undefined) return cell.textContent.trim();
    return said === "" ? -Infinity : Number(said);
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b || 0
      : String(a).localeCompare(String(b), root.lang);
  const sort = (table, heading, column) => {
    const was = heading.getAttribute("aria-sort");
    const first = heading.classList.contains("number") ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const now = was === first ? other : first;
    for (const th of table.tHead.rows[0].cells) th.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", now);
    const sign = now === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => sign * compare(key(a, column), key(b, column)));
    table.tBodies[0].append(...rows);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sort(table, heading, column));
      heading.append(button);
    });
  }

  // Paper shows what is folded away.
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details:not([open])")) {
      part.open = true;
      part.dataset.folded = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const part of document.querySelectorAll("details[data-folded]")) {
      part.open = false;
      delete part.dataset.folded;
    }
  });

  // Charts: colours are the page's own, so that they follow its theme.
  const finished = () => root.setAttribute("data-drawn", "");
  if (!document.getElementById("charts")) return finished();
  const { specs, format } = text("charts");
  const font = getComputedStyle(document.body).fontFamily;
  const words = { labelColor: "var(--ink)", titleColor: "var(--soft)", labelFont: font, titleFont: font };
  const config = {
    background: null,
    font,
    view: { stroke: null },
    text: { fill: "var(--ink)", font, fontSize: 12 },
    axis: {
      ...words, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", titlePadding: 10,
      gridColor: "var(--line)", domain: false, ticks: false, labelPadding: 6, labelLimit: 150,
    },
    axisY: { grid: false },
    legend: { ...words, labelFontSize: 12, symbolType: "circle", symbolSize: 70, offset: 4 },
  };
  const options = {
    actions: false, renderer: "svg", ast: true, defaultStyle: false, logLevel: 1,
    formatLocale: format, tooltip: { disableDefaultStyle: true },
  };
  const drawn = Object.entries(specs).map(([name, spec]) => {
    const place = document.getElementById(`chart-${name}`);
    const width = place.clientWidth;
    const narrow = { ...config, axis: { ...config.axis, labelLimit: width < 480 ? 110 : 170 } };
    return vegaEmbed(place, spec, { ...options, config: narrow }).then(() => {
      // The figure has a label, and the table below it has the numbers.
      place.querySelector("svg").setAttribute("aria-hidden", "true");
    });
  });
  Promise.all(drawn).then(finished);
})();
