"use strict";
// Numbers as text, as `units.py` writes them.

const TIME_UNITS = [
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "µs"],
  [1e-9, "ns"],
];
const RATE_UNITS = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];
const BYTE_UNITS = [
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
];
const FULL = 0.9995;

function significant(value, digits = 3) {
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  return value.toFixed(Math.max(digits - 1 - exponent, 0));
}

function duration(seconds) {
  const [scale, unit] =
    TIME_UNITS.find(([scale]) => Math.abs(seconds) >= FULL * scale) ?? TIME_UNITS.at(-1);
  return `${significant(seconds / scale)} ${unit}`;
}

function rate(perSecond) {
  const unit = RATE_UNITS.find(([scale]) => perSecond >= FULL * scale);
  return unit ? `${significant(perSecond / unit[0])} ${unit[1]}` : significant(perSecond);
}

function size(count) {
  const unit = BYTE_UNITS.find(([scale]) => count >= FULL * scale);
  return unit ? `${significant(count / unit[0])} ${unit[1]}` : `${count} B`;
}

function ratio(value) {
  return value < 9.995 ? `${value.toFixed(2)}×` : `${significant(value)}×`;
}

function percent(fraction) {
  return `${(100 * fraction).toFixed(1)} %`;
}

/** What `of` makes of a number; nothing of no number. */
function ifAny(value, of) {
  return value === null ? "" : of(value);
}
