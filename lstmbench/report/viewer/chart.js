"use strict";
// The chart: what is along its axes, which rows and backends are in it.

function startChart(section) {
  const timed = ROWS.filter(isTimed);
  const across = Object.keys(ACROSS).filter((name) => longest(timed, name).sizes.size > 1);
  if (across.length === 0) return;
  reveal(section);
  const place = section.querySelector(".plot");
  const state = { x: across[0], y: "time", isLog: true, hidden: new Set(), rows: [] };
  const draw = () => showChart(section, state);

  const choosers = section.querySelector(".choosers");
  const ups = Object.keys(UP).filter((name) => timed.some((row) => UP[name].of(row)?.value));
  const names = Object.keys(DIMENSIONS);
  const axes = [
    labelledSelect(
      "Along",
      across.map((name) => [name, ACROSS[name]]),
      state.x,
      (x) => {
        state.x = x;
        chooser.choose(longest(timed, x).row);
        chooser.free(x);
      },
    ),
    labelledSelect(
      "Up",
      ups.map((name) => [name, UP[name].label]),
      state.y,
      (y) => {
        state.y = y;
        draw();
      },
    ),
    labelledSelect(
      "Axes",
      [
        ["log", "logarithmic"],
        ["linear", "linear"],
      ],
      "log",
      (kind) => {
        state.isLog = kind === "log";
        draw();
      },
    ),
  ];
  choosers.append(...axes);
  const chooser = makeChooser(choosers, timed, names, (rows) => {
    state.rows = rows;
    draw();
  });
  const legend = element("fieldset", { class: "backends" }, element("legend", {}, "Backends"));
  choosers.append(legend);
  for (const backend of BACKENDS) {
    if (timed.some((row) => textOf("backend", row) === backend)) {
      legend.append(backendToggle(backend, state.hidden, draw));
    }
  }
  chooser.choose(longest(timed, state.x).row);
  chooser.free(state.x);
  let width = place.clientWidth;
  addEventListener("resize", () => {
    if (place.clientWidth !== width) draw();
    width = place.clientWidth;
  });
}

/** The line that has the most sizes along an axis, and a row of it. */
function longest(rows, axis) {
  const names = Object.keys(DIMENSIONS).filter((name) => name !== axis);
  const lines = new Map();
  for (const row of rows) {
    const key = names.map((name) => DIMENSIONS[name].of(row)).join(" ");
    const line = lines.get(key) ?? { row, sizes: new Set() };
    line.sizes.add(numberOf(axis, row));
    lines.set(key, line);
  }
  const none = { row: null, sizes: new Set() };
  return [...lines.values()].reduce((a, b) => (b.sizes.size > a.sizes.size ? b : a), none);
}

function backendToggle(backend, hidden, changed) {
  const box = element("input", { type: "checkbox", checked: true });
  box.addEventListener("change", () => {
    if (box.checked) hidden.delete(backend);
    else hidden.add(backend);
    changed();
  });
  const marker = drawn(
    "svg",
    { viewBox: "-7 -7 14 14", class: colourOf(backend), "aria-hidden": "true" },
    drawn("path", { d: d3.symbol(symbolOf(backend), 60)() }),
  );
  return element("label", {}, box, marker, backend);
}

/** The points of each backend that is shown, in ascending order along the axis. */
function seriesOf({ rows, x, y, hidden, isLog }) {
  const series = new Map();
  for (const row of rows) {
    const backend = textOf("backend", row);
    const numbers = UP[y].of(row);
    if (hidden.has(backend) || numbers === null || (isLog && !(numbers.low > 0))) continue;
    if (!series.has(backend)) series.set(backend, []);
    series.get(backend).push({ row, backend, x: numberOf(x, row), ...numbers });
  }
  for (const points of series.values()) points.sort((a, b) => a.x - b.x);
  return new Map([...series].sort(([a], [b]) => BACKENDS.indexOf(a) - BACKENDS.indexOf(b)));
}

function showChart(section, state) {
  const place = section.querySelector(".plot");
  const series = seriesOf(state);
  const points = [...series.values()].flat();
  section.querySelector(".how").textContent = describe(state, points);
  if (points.length === 0) {
    place.replaceChildren(element("p", { class: "how" }, "No row has this number."));
    return;
  }
  const picture = plotted(place, state, series, points);
  picture.setAttribute("role", "group");
  picture.setAttribute("aria-label", `${UP[state.y].label} along ${ACROSS[state.x]}`);
  const tip = element("div", { class: "tip", hidden: true });
  place.replaceChildren(picture, tip);
  const marks = [...picture.querySelectorAll('[aria-label="dot"]')].flatMap((group) => [
    ...group.children,
  ]);
  // A group without a role has no name; the points have theirs.
  for (const group of picture.querySelectorAll("g[aria-label]"))
    group.removeAttribute("aria-label");
  label(picture, series);
  explore(place, state, [...series.values()], marks, tip);
}

/** What the lines are, what their whiskers say, and what is not there. */
function describe({ rows, y }, points) {
  const backends = (some) => new Set(some.map((row) => textOf("backend", row)));
  const missing = backends(rows).size - backends(points.map((point) => point.row)).size;
  const sentences = [];
  if (points.some((point) => point.low < point.high)) {
    sentences.push("Whiskers are 95 % intervals.");
  }
  if (y === "speedup") {
    const { baseline } = content.files[numberOf("file", rows[0])];
    sentences.push(`Speedup = time of ${baseline} / time: above 1 is faster.`);
  }
  if (missing > 0) {
    sentences.push(`Not drawn: ${missing} that are hidden, or lack this number.`);
  }
  return [...sentences, "Move between points with the arrow keys."].join(" ");
}
