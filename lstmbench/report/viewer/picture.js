"use strict";
// The picture of a chart: one line a backend, with markers, intervals and names.

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
  d3.symbolCircle,
  d3.symbolSquare,
  d3.symbolTriangle,
  d3.symbolDiamond,
  d3.symbolCross,
  d3.symbolStar,
  TIPPED,
  d3.symbolWye,
];

function symbolOf(backend) {
  return SYMBOLS[BACKENDS.indexOf(backend) % SYMBOLS.length];
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
        x: "x",
        y: "value",
        fill: stroke,
        symbol: symbolOf(backend),
        r: 4.5,
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

/** Names at the ends of the lines, moved apart where they would overlap. */
function label(picture, series) {
  const [xs, ys] = [picture.scale("x"), picture.scale("y")];
  const room = Number(picture.getAttribute("width")) - xs.range[1];
  if (room < 100) return;
  const ends = [...series].map(([backend, points]) => ({
    backend,
    at: points.at(-1),
    y: ys.apply(points.at(-1).value),
  }));
  ends.sort((a, b) => a.y - b.y);
  let above = -Infinity;
  for (const { backend, at, y } of ends) {
    above = Math.max(y, above + 14);
    picture.append(
      drawn(
        "text",
        {
          x: xs.range[1] + 12,
          y: above,
          dy: "0.32em",
          fill: "currentColor",
          "aria-hidden": "true",
          "text-anchor": "start",
        },
        backend,
      ),
    );
    if (xs.apply(at.x) < xs.range[1] - 1 || above > y + 6) {
      const colour = `var(--${colourOf(backend)})`;
      picture.append(
        drawn("line", {
          x1: xs.apply(at.x) + 5,
          y1: y,
          x2: xs.range[1] + 9,
          y2: above,
          stroke: colour,
          "stroke-opacity": 0.4,
        }),
      );
    }
  }
}
