"use strict";
// The rows of the page, column by column.  A row is its number; null is what is not known.

const content = JSON.parse(document.getElementById("content").textContent);
const ROWS = Array.from({ length: content.rows.count }, (_, row) => row);

/** Text of a row: the column is a list of values, and the place in it of each row. */
function textOf(name, row) {
  const { values, at } = content.rows.text[name];
  return values[at === null ? 0 : at[row]];
}

/** A number of a row: the column is a list, or the one number that all rows have. */
function numberOf(name, row) {
  const column = content.rows.numbers[name];
  return Array.isArray(column) ? column[row] : column;
}

function isTimed(row) {
  return numberOf("median_s", row) !== null;
}

const BACKENDS = content.backends.map(([name]) => name);
const colours = new Map(content.backends);

/** The class that gives a backend its colour; the variable of that name is the colour itself. */
function colourOf(backend) {
  return colours.get(backend);
}

/** What tells the work of a row from other work, as result files name it. */
function idOf(row) {
  const letters = {
    T: "seq_len",
    B: "batch_size",
    I: "input_size",
    H: "hidden_size",
    L: "num_layers",
  };
  const sizes = Object.entries(letters).map(([letter, name]) => letter + numberOf(name, row));
  const bias = numberOf("bias", row) ? "" : "-nobias";
  const parts = [
    textOf("cell", row),
    textOf("mode", row),
    sizes.join("-") + bias,
    textOf("dtype", row),
  ];
  return parts.join("/");
}

/** A ratio column as its value and interval, or null. */
function ratioOf(name, row) {
  const value = numberOf(name, row);
  return value === null
    ? null
    : { value, low: numberOf(`${name}_low`, row), high: numberOf(`${name}_high`, row) };
}

/** The order statistics of the samples of a row; none where the page has only five numbers. */
function statisticsOf(row) {
  const sketch = content.rows.sketches?.[row] ?? "";
  const least = numberOf("min_s", row),
    width = numberOf("max_s", row) - least;
  const found = [];
  for (let at = 0; at < sketch.length; at += 2) {
    found.push(least + (width * (64 * digit(sketch, at) + digit(sketch, at + 1))) / 4095);
  }
  return found;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function digit(text, at) {
  return DIGITS.indexOf(text[at]);
}
