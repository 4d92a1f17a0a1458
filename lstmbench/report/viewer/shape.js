"use strict";
// The backends of one shape of one file, the fastest first, and how sure that is.

function startShape(section) {
  const article = section.querySelector(".shape");
  const among = ROWS.filter((row) => numberOf("file", row) === Number(section.dataset.file));
  const first = among.find((row) => numberOf("rank", row) === 1);
  if (first === undefined) return;
  article.hidden = false;
  const names = Object.keys(DIMENSIONS).filter((name) => name !== "file");
  const fields = fieldButtons(section, (key) => {
    const row = among.find((each) => keyOf(each) === key);
    if (row !== undefined) chooser.choose(row);
  });
  const chooser = makeChooser(article.querySelector(".choosers"), among, names, (rows) => {
    article.querySelector(".ranking").replaceChildren(...ranking(rows));
    fields.mark(keyOf(rows[0]));
  });
  chooser.choose(first);
}

/** What a field of a table of heat is called by: its work. */
function keyOf(row) {
  return [idOf(row), textOf("remarks", row), numberOf("threads", row)].join(" ");
}

/** Makes buttons of the fields, which choose their shape. */
function fieldButtons(section, pressed) {
  const fields = [...section.querySelectorAll("td[data-key]")];
  for (const field of fields) {
    const button = element("button", { type: "button", title: field.title });
    button.append(...field.childNodes);
    button.addEventListener("click", () => pressed(field.dataset.key));
    field.removeAttribute("title");
    field.append(button);
  }
  return {
    mark(key) {
      for (const field of fields) {
        const isIt = field.dataset.key === key;
        field.classList.toggle("chosen", isIt);
        field.firstChild.setAttribute("aria-pressed", isIt);
      }
    },
  };
}

/** The sentence and the table. */
function ranking(rows) {
  const place = (row) => numberOf("rank", row) ?? Infinity;
  const timed = rows
    .filter(isTimed)
    .sort((a, b) => place(a) - place(b) || numberOf("median_s", a) - numberOf("median_s", b));
  const most = Math.max(...timed.map((row) => numberOf("ci95_high_s", row)));
  const head = ["backend", "time", "95 %", "/ fastest"].map((text) =>
    element("th", { scope: "col" }, text),
  );
  const body = [
    ...timed.map((row) => timedLine(row, most)),
    ...rows.filter((row) => !isTimed(row)).map(untimedLine),
  ];
  const table = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
  return [verdict(timed), table];
}

function verdict(timed) {
  const place = element("p", { class: "verdict", role: "status" });
  const first = timed.find((row) => numberOf("rank", row) === 1);
  const second = timed.find((row) => numberOf("rank", row) === 2);
  if (first === undefined) {
    place.append("No backend has a time.");
    return place;
  }
  place.append(element("b", {}, textOf("backend", first)));
  if (second === undefined) {
    place.append(" has a time, and no other backend has one.");
    return place;
  }
  const { value, low, high } = ratioOf("ahead", first);
  const how = numberOf("sure", first) ? "surely" : "but that may be noise";
  place.append(
    ` is ${ratio(value)} ahead of ${textOf("backend", second)}, ${how} ` +
      `(95 % interval ${ratio(low)} to ${ratio(high)}).`,
  );
  return place;
}

function timedLine(row, most) {
  const [low, high] = [numberOf("ci95_low_s", row), numberOf("ci95_high_s", row)];
  const median = numberOf("median_s", row);
  const part = (seconds) => (100 * seconds) / most;
  const bar = drawn(
    "svg",
    {
      viewBox: "0 0 100 10",
      preserveAspectRatio: "none",
      "aria-hidden": "true",
      class: colourOf(textOf("backend", row)),
    },
    drawn("rect", { y: 1, width: part(median), height: 8 }),
    drawn("line", { x1: part(low), x2: part(high), y1: 5, y2: 5 }),
  );
  const behind = ratioOf("ahead", row);
  const against = numberOf("rank", row) === 1 || behind === null ? "" : ratio(1 / behind.value);
  const mark = numberOf("disturbed", row) ? " ⚠" : "";
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, swatch(textOf("backend", row)), textOf("backend", row), bar),
    element("td", {}, duration(median) + mark),
    element("td", {}, `± ${percent((high - low) / 2 / median)}`),
    element("td", {}, against),
  );
}

function untimedLine(row) {
  const backend = textOf("backend", row);
  const reason = textOf("reason", row).replace(`${backend}: `, "");
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, swatch(backend), backend),
    element("td", { class: "why", colspan: 3 }, `${textOf("status", row)}: ${reason}`),
  );
}
