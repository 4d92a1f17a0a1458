"use strict";
// The samples of one row: a dot each, the box of the quartiles, the median and its interval.

const STRIP = { height: 54, middle: 20 };

/** Show a row in a place. */
function showDistribution(place, row) {
  place.hidden = false;
  const [low, high] = [numberOf("ci95_low_s", row), numberOf("ci95_high_s", row)];
  const name = element("b", {}, textOf("backend", row));
  if (!isTimed(row)) {
    const reason = `${textOf("status", row)}: ${textOf("reason", row)}`;
    place.replaceChildren(element("p", {}, name, ` ${idOf(row)}  ${reason}`));
    return;
  }
  const statistics = statisticsOf(row);
  const count = numberOf("samples", row);
  const text =
    ` ${idOf(row)}  median ${duration(numberOf("median_s", row))}, ` +
    `95 % interval ${duration(low)} to ${duration(high)}, ${count} samples` +
    `${shownPart(statistics.length, count)}`;
  place.replaceChildren(
    element("p", {}, name, text),
    strip(row, statistics, place.clientWidth - 30),
  );
}

/** What the strip shows of the samples, where that is not all. */
function shownPart(shown, count) {
  if (shown === 0) return "; this page has their quartiles and extremes only";
  return shown < count ? `, drawn at ${shown} evenly spaced ranks` : "";
}

function strip(row, statistics, width) {
  const at = (name) => numberOf(name, row);
  const [least, most] = [at("min_s"), at("max_s")];
  const x = (seconds) => 4 + ((width - 8) * (seconds - least)) / (most - least || 1);
  const { middle } = STRIP;
  const vertical = (name, half, seconds) =>
    drawn("line", {
      class: name,
      x1: x(seconds),
      x2: x(seconds),
      y1: middle - half,
      y2: middle + half,
    });
  const horizontal = (name, from, to, y) =>
    drawn("line", { class: name, x1: x(from), x2: x(to), y1: y, y2: y });
  return drawn(
    "svg",
    {
      viewBox: `0 0 ${width} ${STRIP.height}`,
      class: colourOf(textOf("backend", row)),
      "aria-hidden": "true",
    },
    horizontal("whole", least, most, middle),
    ...dots(statistics, x),
    drawn("rect", {
      class: "box",
      x: x(at("q1_s")),
      y: middle - 11,
      width: x(at("q3_s")) - x(at("q1_s")),
      height: 22,
    }),
    vertical("middle", 11, at("median_s")),
    horizontal("interval", at("ci95_low_s"), at("ci95_high_s"), middle + 15),
    drawn("text", { x: x(least), y: STRIP.height - 2 }, duration(least)),
    drawn("text", { x: x(most), y: STRIP.height - 2, "text-anchor": "end" }, duration(most)),
  );
}

/** A dot each; neighbours that would hide each other stand in three lanes. */
function dots(statistics, x) {
  return statistics.map((seconds, number) =>
    drawn("circle", { cx: x(seconds), cy: STRIP.middle + 5 * ((number % 3) - 1), r: 3.2 }),
  );
}
