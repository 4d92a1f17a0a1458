"use strict";
// The points of a chart: a pointer and the keyboard both show what they say.

function sentence({ x, y }, point) {
  const { label: title, text } = UP[y];
  const letter = ACROSS[x].at(-1);
  const interval =
    point.low < point.high ? ` (95 % interval ${text(point.low)} to ${text(point.high)})` : "";
  return `${point.backend}, ${letter} ${point.x}: ${title} ${text(point.value)}${interval}`;
}

/** Shows the values at a point that has the focus or is nearest to the pointer. */
function explore(place, state, lines, marks, tip) {
  const points = lines.flat();
  const show = (number) => {
    const box = marks[number].getBoundingClientRect(),
      around = place.getBoundingClientRect();
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
      return Math.hypot(
        box.x + box.width / 2 - event.clientX,
        box.y + box.height / 2 - event.clientY,
      );
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
