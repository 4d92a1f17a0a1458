"use strict";
// Selects that narrow the rows down one after the other and only offer what was measured.

// What a row is chosen by, in the order of the selects.
const DIMENSIONS = {
  file: { label: "File", of: (row) => numberOf("file", row), name: (n) => content.files[n].title },
  cell: { label: "Cell", of: (row) => textOf("cell", row) },
  mode: { label: "Mode", of: (row) => textOf("mode", row), name: (mode) => content.modes[mode] },
  dtype: { label: "Precision", of: (row) => textOf("dtype", row) },
  threads: { label: "Threads", of: (row) => numberOf("threads", row) },
  num_layers: { label: "Layers", of: (row) => numberOf("num_layers", row) },
  bias: {
    label: "Bias",
    of: (row) => numberOf("bias", row),
    name: (bias) => (bias ? "yes" : "no"),
  },
  remarks: { label: "Data", of: (row) => textOf("remarks", row), name: (text) => text || "random" },
  input: { label: "Input size I", of: inputOf },
  hidden_size: { label: "Hidden size H", of: (row) => numberOf("hidden_size", row) },
  seq_len: { label: "Steps T", of: (row) => numberOf("seq_len", row) },
  batch_size: { label: "Batch B", of: (row) => numberOf("batch_size", row) },
};

/** The input size; where it is that of the state it says so, and a chart may vary both. */
function inputOf(row) {
  const size = numberOf("input_size", row);
  return size === numberOf("hidden_size", row) ? "as H" : size;
}

/** The values of rows in a dimension: numbers in ascending order, text as it comes. */
function distinct(rows, name) {
  const values = [...new Set(rows.map(DIMENSIONS[name].of))];
  return values.every((value) => typeof value === "number") ? values.sort((a, b) => a - b) : values;
}

/**
 * Selects for some dimensions of some rows; `changed` is told which rows are left.
 *
 * A dimension in which all rows are the same has no select.
 */
function makeChooser(place, among, names, changed) {
  const chosen = new Map();
  const parts = names.map((name) => {
    const values = distinct(among, name);
    const label = labelledSelect(DIMENSIONS[name].label, [], "", (text) => {
      chosen.set(
        name,
        values.find((value) => String(value) === text),
      );
      refresh();
    });
    place.append(label);
    return { name, label, isSame: values.length < 2, select: label.querySelector("select") };
  });

  function refresh(without = ignored) {
    ignored = without;
    let left = among;
    for (const { name, select } of parts) {
      if (name === without) continue;
      const values = distinct(left, name);
      if (!values.includes(chosen.get(name))) chosen.set(name, values[0]);
      const naming = DIMENSIONS[name].name ?? String;
      setOptions(
        select,
        values.map((value) => [value, naming(value)]),
        chosen.get(name),
      );
      left = left.filter((row) => DIMENSIONS[name].of(row) === chosen.get(name));
    }
    for (const { name, label, isSame } of parts) label.hidden = isSame || name === without;
    changed(left);
  }

  let ignored = null;
  return {
    /** Choose everything as it is in a row. */
    choose(row) {
      for (const name of names) chosen.set(name, DIMENSIONS[name].of(row));
      refresh();
    },
    /** Leave one dimension free: rows of all its values are left. */
    free(name) {
      refresh(name);
    },
  };
}
