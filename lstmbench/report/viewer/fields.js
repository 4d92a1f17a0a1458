"use strict";
// The columns of the table of all rows: what each sorts by, and what it says.

function sized(label, name) {
  return { label, name, of: (row) => numberOf(name, row), text: String };
}

function worded(label, name, text = String) {
  return { label, name, isText: true, of: (row) => textOf(name, row), text };
}

/** A column of numbers that a row without a time does not have. */
function measured(label, name, text) {
  return {
    label,
    name,
    isMeasured: true,
    of: (row) => numberOf(name, row),
    text: (value) => ifAny(value, text),
  };
}

// What a row is; a column in which all are the same is said once, above the table.
const IDENTITY = [
  {
    label: "file",
    name: "file",
    isText: true,
    of: (row) => numberOf("file", row),
    text: (n) => content.files[n].title,
  },
  worded("cell", "cell"),
  worded("mode", "mode", (mode) => content.modes[mode]),
  sized("T", "seq_len"),
  sized("B", "batch_size"),
  sized("I", "input_size"),
  sized("H", "hidden_size"),
  sized("L", "num_layers"),
  { ...sized("bias", "bias"), text: (bias) => (bias ? "yes" : "no") },
  worded("data", "remarks", (text) => text || "random"),
  worded("precision", "dtype"),
  worded("device", "device"),
  sized("threads", "threads"),
];

const MEASURED = [
  {
    ...measured("median", "median_s", duration),
    text: (value, row) => ifAny(value, duration) + (numberOf("disturbed", row) ? " ⚠" : ""),
  },
  {
    ...measured("95 % interval", "spread", percent),
    of: (row) =>
      isTimed(row)
        ? (numberOf("ci95_high_s", row) - numberOf("ci95_low_s", row)) /
          2 /
          numberOf("median_s", row)
        : null,
    text: (value, row) => {
      const [low, high] = ["ci95_low_s", "ci95_high_s"].map((name) => numberOf(name, row));
      return `${duration(low)} – ${duration(high)} (± ${percent(value)})`;
    },
  },
  measured("speedup", "speedup", ratio),
  measured("ahead", "ahead", ratio),
  measured("rank", "rank", String),
  measured("sequences/s", "sequences_per_s", rate),
  measured("time-steps/s", "timesteps_per_s", rate),
  {
    ...measured("of the bound", "fraction_of_bound", percent),
    text: (value, row) =>
      ifAny(value, (fraction) => `${percent(fraction)} of ${textOf("bound", row)}`),
  },
  measured("compile", "compile_s", (seconds) => (seconds ? duration(seconds) : "0")),
  measured("peak memory", "peak_memory_bytes", size),
  measured("samples", "samples", String),
  measured("error", "error", (value) => value.toExponential(1)),
];

const BACKEND = worded("backend", "backend");
const STATUS = worded("status", "status");
