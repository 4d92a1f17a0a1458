"use strict";
// Every row in a table: sorted by any column, filtered, a page at a time.

function startTable(section) {
  if (ROWS.length === 0) return;
  reveal(section);
  const isSame = (field) => ROWS.every((row) => field.of(row) === field.of(0));
  const same = IDENTITY.filter(isSame);
  const says = (field) => ROWS.some((row) => field.of(row) !== null);
  const fields = [
    ...IDENTITY.filter((field) => !same.includes(field)),
    BACKEND,
    STATUS,
    ...MEASURED.filter(says),
  ];
  const facts = same
    .filter((field) => field.name !== "file")
    .map((field) => `${field.label} ${field.text(field.of(0))}`);
  section.querySelector(".same").textContent =
    `${facts.length > 0 ? `The same in every row: ${facts.join(" · ")}. ` : ""}` +
    "Move over a row, or to it with the arrow keys, to see its samples.";
  const view = { fields, sorted: null, isDescending: false, page: 0, perPage: 50, rows: ROWS };
  const filter = makeFilter(section.querySelector(".choosers"), fields, (rows) => {
    view.rows = inOrder(rows, view);
    view.page = 0;
    show();
  });
  const table = makeTable(section, fields, (field) => {
    view.isDescending = view.sorted === field && !view.isDescending;
    view.sorted = field;
    filter.again();
  });
  const pages = makePages(section.querySelector(".pages"), view, () => show());
  function show() {
    const from = view.page * view.perPage;
    table.show(view.rows.slice(from, from + view.perPage), view);
    pages.show();
  }
  filter.again();
}

/** Rows in the order of a column; what is not known stands last, whichever way. */
function inOrder(rows, { sorted, isDescending }) {
  if (sorted === null) return rows;
  const keys = new Array(ROWS.length);
  for (const row of rows) keys[row] = sorted.of(row);
  const sign = isDescending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [first, second] = [keys[a], keys[b]];
    if (first === second) return a - b;
    if (first === null) return 1;
    if (second === null) return -1;
    return first < second ? -sign : sign;
  });
}

/** Words that have to be in a row, and selects. */
function makeFilter(place, fields, changed) {
  const input = element("input", {
    type: "search",
    placeholder: "words that are in a row, such as gru 64 oom",
  });
  place.append(element("label", { class: "wide" }, "Find", input));
  const wanted = new Map();
  const selects = [
    ...fields.filter((field) => ["file", "cell", "mode"].includes(field.name)),
    BACKEND,
    STATUS,
  ];
  for (const field of selects) {
    const values = [...new Set(ROWS.map(field.of))];
    if (values.length < 2) continue;
    const pairs = [
      ["", "all"],
      ...values.map((value, number) => [String(number), field.text(value)]),
    ];
    place.append(
      labelledSelect(field.label, pairs, "", (number) => {
        if (number === "") wanted.delete(field);
        else wanted.set(field, values[number]);
        again();
      }),
    );
  }
  input.addEventListener("input", again);
  const texts = [];
  const read = (until) => {
    while (texts.length < ROWS.length && performance.now() < until) {
      texts.push(searched(texts.length, fields));
    }
  };
  // Little by little, so that the first word of a large table is found at once.
  const readOn = () => {
    read(performance.now() + 8);
    if (texts.length < ROWS.length) setTimeout(readOn);
  };
  setTimeout(readOn);
  function again() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length > 0) read(Infinity);
    const isWanted = (row) =>
      [...wanted].every(([field, value]) => field.of(row) === value) &&
      words.every((word) => texts[row].includes(word));
    changed(wanted.size + words.length === 0 ? ROWS : ROWS.filter(isWanted));
  }
  return { again };
}

/** Everything that a row says, in small letters. */
function searched(row, fields) {
  const shown = fields.filter((field) => isTimed(row) || !field.isMeasured);
  const texts = shown.map((field) => field.text(field.of(row), row));
  return `${idOf(row)} ${texts.join(" ")} ${textOf("reason", row)}`.toLowerCase();
}

function makeTable(section, fields, sortedBy) {
  const heads = fields.map((field) => {
    const button = element("button", { type: "button" }, field.label);
    button.addEventListener("click", () => sortedBy(field));
    return element(
      "th",
      { scope: "col", "aria-sort": "none", class: field.isText ? "words" : null },
      button,
    );
  });
  const body = element("tbody");
  const head = element("thead", {}, element("tr", {}, ...heads));
  section.querySelector(".table").append(element("table", {}, head, body));
  const distribution = section.querySelector(".distribution");
  walkable(body, (line) => showDistribution(distribution, Number(line.dataset.row)));
  return {
    show(rows, { sorted, isDescending }) {
      heads.forEach((head, number) => {
        const isIt = fields[number] === sorted;
        head.setAttribute("aria-sort", isIt ? (isDescending ? "descending" : "ascending") : "none");
        head.firstChild.textContent =
          fields[number].label + (isIt ? (isDescending ? " ↓" : " ↑") : "");
      });
      body.replaceChildren(...rows.map((row, number) => line(row, fields, number === 0)));
    },
  };
}

function line(row, fields, isFirst) {
  const cells = [];
  for (const field of fields) {
    if (field.isMeasured && !isTimed(row)) continue;
    const cell = element(
      "td",
      { class: field.isText ? "words" : null },
      field.text(field.of(row), row),
    );
    if (field === BACKEND) cell.prepend(swatch(textOf("backend", row)));
    cells.push(cell);
  }
  if (!isTimed(row)) {
    const span = fields.filter((field) => field.isMeasured).length;
    if (span > 0)
      cells.push(element("td", { class: "reason", colspan: span }, textOf("reason", row)));
    else cells.at(-1).append(`: ${textOf("reason", row)}`);
  }
  return element("tr", { tabindex: isFirst ? 0 : -1, "data-row": row }, ...cells);
}

/** Lines of a table that a pointer or the arrow keys visit. */
function walkable(body, visit) {
  body.addEventListener("pointerover", (event) => {
    const line = event.target.closest("tr");
    if (line) visit(line);
  });
  body.addEventListener("focusin", (event) => visit(event.target.closest("tr")));
  body.addEventListener("keydown", (event) => {
    const line = event.target.closest("tr");
    const next = {
      ArrowDown: line.nextElementSibling,
      ArrowUp: line.previousElementSibling,
      Home: body.firstElementChild,
      End: body.lastElementChild,
    }[event.key];
    if (!next) return;
    event.preventDefault();
    line.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

function makePages(place, view, changed) {
  const turn = (by) => () => {
    view.page += by;
    changed();
  };
  const [back, on] = ["Back", "On"].map((text) => element("button", { type: "button" }, text));
  back.addEventListener("click", turn(-1));
  on.addEventListener("click", turn(1));
  const where = element("output", {});
  const sizes = [25, 50, 100, 500].map((count) => [String(count), `${count} rows a page`]);
  const perPage = element("select", { "aria-label": "Rows a page" });
  setOptions(perPage, sizes, String(view.perPage));
  perPage.addEventListener("change", () => {
    view.perPage = Number(perPage.value);
    view.page = 0;
    changed();
  });
  place.append(back, on, where, perPage);
  return {
    show() {
      const from = view.page * view.perPage;
      const to = Math.min(from + view.perPage, view.rows.length);
      back.disabled = from === 0;
      on.disabled = to === view.rows.length;
      where.textContent =
        view.rows.length === 0
          ? "No row has all of that."
          : `${from + 1} to ${to} of ${view.rows.length} rows`;
    },
  };
}
