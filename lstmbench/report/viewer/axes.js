"use strict";
// What the chart can show along each axis, and how its numbers are written.

const ACROSS = {
  seq_len: "sequence length T",
  batch_size: "batch size B",
  hidden_size: "hidden size H",
};

/** A number of a row and its interval, where both follow from the time. */
function fromTime(of) {
  return (row) => {
    const numbers = ["median_s", "ci95_low_s", "ci95_high_s"].map((name) =>
      of(numberOf(name, row), row),
    );
    const [value, ...ends] = numbers;
    return { value, low: Math.min(...ends), high: Math.max(...ends) };
  };
}

/** A number that the median gave, scaled to the ends of the interval of the time. */
function fromMedian(name) {
  const scaled = fromTime((time, row) => (numberOf(name, row) * numberOf("median_s", row)) / time);
  return (row) => (numberOf(name, row) === null ? null : scaled(row));
}

function alone(name) {
  return (row) => {
    const value = numberOf(name, row);
    return value === null ? null : { value, low: value, high: value };
  };
}

const UP = {
  time: { label: "time of a call", of: fromTime((time) => time), text: duration },
  step: {
    label: "time of a step",
    of: fromTime((time, row) => time / numberOf("seq_len", row)),
    text: duration,
  },
  sequences: { label: "sequences/s", of: fromMedian("sequences_per_s"), text: rate },
  timesteps: { label: "time-steps/s", of: fromMedian("timesteps_per_s"), text: rate },
  speedup: {
    label: "speedup over the baseline",
    of: (row) => ratioOf("speedup", row),
    text: ratio,
  },
  bound: { label: "fraction of the bound", of: fromMedian("fraction_of_bound"), text: percent },
  memory: { label: "peak memory", of: alone("peak_memory_bytes"), text: size, isBinary: true },
  compile: { label: "compile time", of: alone("compile_s"), text: duration },
};

/** Ticks of a logarithmic axis: 1, 2, 5, 10 … or 1, 2, 4, 8 …, as dense as `most` allows. */
function logTicks(low, high, isBinary, most = 8) {
  const base = isBinary ? 2 : 10;
  const exponents = d3.range(
    Math.floor(Math.log(low) / Math.log(base)),
    Math.ceil(Math.log(high) / Math.log(base)) + 1,
  );
  const ticks = (steps, every) =>
    exponents
      .filter((exponent) => exponent % every === 0)
      .flatMap((exponent) => steps.map((step) => step * base ** exponent))
      .filter((tick) => tick >= low && tick <= high);
  const coarser = d3.range(1, exponents.length + 1).map((every) => ticks([1], every));
  const found = [...(isBinary ? [] : [ticks([1, 2, 5], 1)]), ...coarser];
  const first = found.find((each) => each.length <= most);
  return first.length > 1 ? first : d3.ticks(low, high, 5);
}
