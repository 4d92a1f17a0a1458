"use strict";
// The chart: one line a backend, with intervals; a pointer and the keyboard both show the values.

// A triangle that stands on its tip.
const TIPPED = {
  draw(context, area) {
    const third = Math.sqrt(area / (3 * Math.sqrt(3)));
    context.moveTo(0, 2 * third);
    context.lineTo(-Math.sqrt(3) * third, -third);
    context.lineTo(Math.sqrt(3) * third, -third);
    context.closePath();
  },
};
const SYMBOLS = [
  d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond,
  d3.symbolCross, d3.symbolStar, TIPPED, d3.symbolWye,
];

function startChart(section) {
  const timed = ROWS.filter(isTimed);
  const across = Object.keys(ACROSS).filter((name) => distinct(timed, name).length > 1);
  if (across.length === 0) return;
  reveal(section);
  const place = section.querySelector(".plot");
  const state = { x: across[0], y: "time", isLog: true, hidden: new Set(), rows: [] };
  const draw = () => showChart(section, state);

  const choosers = section.querySelector(".choosers");
  const ups = Object.keys(UP).filter((name) => timed.some((row) => UP[name].of(row)?.value));
  const names = Object.keys(DIMENSIONS);
  const axes = [
    labelledSelect("Along", across.map((name) => [name, ACROSS[name]]), state.x, (x) => {
      state.x = x;
      chooser.choose(busiest(timed, x));
      chooser.free(x);
    }),
    labelledSelect("Up", ups.map((name) => [name, UP[name].label]), state.y, (y) => {
      state.y = y;
      draw();
    }),
    labelledSelect("Axes", [["log", "logarithmic"], ["linear", "linear"]], "log", (kind) => {
      state.isLog = kind === "log";
      draw();
    }),
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
  chooser.choose(busiest(timed, state.x));
  chooser.free(state.x);
  let width = place.clientWidth;
  addEventListener("resize", () => {
    if (place.clientWidth !== width) draw();
    width = place.clientWidth;
  });
}

/** A row of the line that has the most points along an axis. */
function busiest(rows, axis) {
  const names = Object.keys(DIMENSIONS).filter((name) => name !== axis);
  const lines = new Map();
  for (const row of rows) {
    const key = names.map((name) => DIMENSIONS[name].of(row)).join(" ");
    const line = lines.get(key) ?? { row, sizes: new Set() };
    line.sizes.add(numberOf(axis, row));
    lines.set(key, line);
  }
  return [...lines.values()].reduce((a, b) => (b.sizes.size > a.sizes.size ? b : a)).row;
}

function symbolOf(backend) {
  return SYMBOLS[BACKENDS.indexOf(backend) % SYMBOLS.length];
}

function backendToggle(backend, hidden, changed) {
  const box = element("input", { type: "checkbox", checked: true });
  box.addEventListener("change", () => {
    if (box.checked) hidden.delete(backend);
    else hidden.add(backend);
    changed();
  });
  const marker = drawn(
    "svg", { viewBox: "-7 -7 14 14", class: colourOf(backend), "aria-hidden": "true" },
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
  const marks = [...picture.querySelectorAll('[aria-label="dot"]')].flatMap((group) => [...group.children]);
  // A group without a role has no name; the points have theirs.
  for (const group of picture.querySelectorAll("g[aria-label]")) group.removeAttribute("aria-label");
  label(picture, series);
  explore(place, state, [...series.values()], marks, tip);
}

/** What the lines are and what their whiskers say. */
function describe({ rows, y, isLog }, points) {
  const whiskers = points.some((point) => point.low < point.high);
  const missing = new Set(rows.map((row) => textOf("backend", row))).size - new Set(points.map((p) => p.backend)).size;
  return [
    whiskers ? "Whiskers are 95 % intervals." : "",
    y === "speedup" ? `Speedup = time of ${content.files[numberOf("file", rows[0])].baseline} / time: above 1 is faster.` : "",
    missing > 0 && isLog ? "Backends that are hidden, lack this number or have a 0 are not drawn." : "",
    "Move between points with the arrow keys.",
  ].join(" ");
}

function plotted(place, state, series, points) {
  const { label: title, text, isBinary } = UP[state.y];
  const sizes = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  const [low, high] = d3.extent(points.flatMap((point) => [point.low, point.high]));
  const isNarrow = place.clientWidth < 560;
  const domain = state.isLog ? [low / 1.15, high * 1.15] : [0, high * 1.05];
  const ticks = state.isLog ? logTicks(...domain, isBinary) : d3.ticks(...domain, 6);
  const marks = [...series].flatMap(([backend, of]) => {
    const stroke = `var(--${colourOf(backend)})`;
    return [
      Plot.ruleX(of, { x: "x", y1: "low", y2: "high", stroke, strokeWidth: 1.5 }),
      Plot.lineY(of, { x: "x", y: "value", stroke, strokeWidth: 2 }),
      Plot.dot(of, {
        x: "x", y: "value", fill: stroke, symbol: symbolOf(backend), r: 4.5,
        ariaLabel: (point) => sentence(state, point),
      }),
    ];
  });
  const type = state.isLog ? "log" : "linear";
  return Plot.plot({
    className: "plot",
    width: Math.max(place.clientWidth - 22, 240),
    height: 380,
    marginLeft: 70,
    marginRight: isNarrow ? 16 : 140,
    marginTop: 28,
    marginBottom: 40,
    x: { type, label: ACROSS[state.x], domain: widened(sizes, state.isLog) },
    y: { type, label: title, domain },
    marks: [
      // With a text of their own, or an axis that is logarithmic leaves some out.
      Plot.gridY(ticks),
      Plot.axisY(ticks, { text }),
      Plot.axisX(thinned(sizes, isNarrow ? 6 : 16), { text: String }),
      ...(state.y === "speedup" ? [Plot.ruleY([1], { strokeDasharray: "4 4" })] : []),
      ...marks,
    ],
  });
}

function thinned(values, most) {
  const every = Math.ceil(values.length / most);
  return values.filter((_, number) => number % every === 0);
}

/** The ends of the axis; one value alone needs room at both sides. */
function widened(sizes, isLog) {
  const [low, high] = [sizes[0], sizes.at(-1)];
  if (low < high) return isLog ? [low, high] : [0, high];
  return isLog ? [low / 2, low * 2] : [0, low * 2];
}

function sentence({ x, y }, point) {
  const { label: title, text } = UP[y];
  const letter = ACROSS[x].at(-1);
  const interval = point.low < point.high ? ` (95 % interval ${text(point.low)} to ${text(point.high)})` : "";
  return `${point.backend}, ${letter} ${point.x}: ${title} ${text(point.value)}${interval}`;
}

/** Names at the ends of the lines, moved apart where they would overlap. */
function label(picture, series) {
  const [xs, ys] = [picture.scale("x"), picture.scale("y")];
  const room = Number(picture.getAttribute("width")) - xs.range[1];
  if (room < 100) return;
  const ends = [...series].map(([backend, points]) => ({ backend, at: points.at(-1), y: ys.apply(points.at(-1).value) }));
  ends.sort((a, b) => a.y - b.y);
  let above = -Infinity;
  for (const { backend, at, y } of ends) {
    above = Math.max(y, above + 14);
    picture.append(
      drawn("text", { x: xs.range[1] + 12, y: above, dy: "0.32em", fill: "currentColor", "aria-hidden": "true", "text-anchor": "start" }, backend),
    );
    if (xs.apply(at.x) < xs.range[1] - 1 || above > y + 6) {
      const colour = `var(--${colourOf(backend)})`;
      picture.append(
        drawn("line", { x1: xs.apply(at.x) + 5, y1: y, x2: xs.range[1] + 9, y2: above, stroke: colour, "stroke-opacity": 0.4 }),
      );
    }
  }
}

/** Shows the values at a point that has the focus or is nearest to the pointer. */
function explore(place, state, lines, marks, tip) {
  const points = lines.flat();
  const show = (number) => {
    const box = marks[number].getBoundingClientRect(), around = place.getBoundingClientRect();
    const [name, ...rest] = sentence(state, points[number]).split(": ");
    tip.replaceChildren(element("b", {}, name), element("br"), rest.join(": "));
    tip.hidden = false;
    marks.forEach((mark, other) => mark.classList.toggle("near", other === number));
    const left = box.x - around.x + 14;
    tip.style.left = `${Math.max(Math.min(left, around.width - tip.offsetWidth - 6), 0)}px`;
    tip.style.top = `${box.y - around.y - tip.offsetHeight - 8}px`;
  };
  const hide = () => {
    tip.hidden = true;
    marks.forEach((mark) => mark.classList.remove("near"));
  };
  marks.forEach((mark, number) => {
    mark.classList.add("mark");
    mark.setAttribute("role", "img");
    mark.setAttribute("tabindex", number === 0 ? 0 : -1);
    mark.addEventListener("focus", () => show(number));
    mark.addEventListener("blur", hide);
    mark.addEventListener("keydown", (event) => {
      const next = event.key === "Escape" ? hide() : neighbour(lines, points, number, event.key);
      if (next === undefined) return;
      event.preventDefault();
      marks.forEach((other, at) => other.setAttribute("tabindex", at === next ? 0 : -1));
      marks[next].focus();
    });
  });
  place.onpointermove = (event) => {
    const far = marks.map((mark) => {
      const box = mark.getBoundingClientRect();
      return Math.hypot(box.x + box.width / 2 - event.clientX, box.y + box.height / 2 - event.clientY);
    });
    const nearest = d3.minIndex(far);
    if (far[nearest] < 40) show(nearest);
    else hide();
  };
  place.onpointerleave = hide;
}

/** The number of the point that an arrow key leads to: along the line, or to the next line. */
function neighbour(lines, points, number, key) {
  const at = points[number];
  const line = lines.findIndex((of) => of.includes(at));
  const along = { ArrowLeft: -1, ArrowRight: 1 }[key];
  const over = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (along) {
    const next = lines[line][lines[line].indexOf(at) + along];
    return next && points.indexOf(next);
  }
  const other = over && lines[line + over];
  if (!other) return undefined;
  return points.indexOf(d3.least(other, (point) => Math.abs(point.x - at.x)));
}
