"use strict";
// Elements from names, attributes and children.  Text becomes text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element of HTML; an attribute that is null or false is left out. */
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An element of SVG. */
function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children);
  return made;
}

/** A select of [value, label] pairs under a label. */
function labelledSelect(label, pairs, chosen, changed) {
  const select = element("select");
  setOptions(select, pairs, chosen);
  select.addEventListener("change", () => changed(select.value));
  return element("label", {}, label, select);
}

function setOptions(select, pairs, chosen) {
  const options = pairs.map(([value, label]) => element("option", { value }, label));
  select.replaceChildren(...options);
  select.value = chosen;
}

/** The dot that a backend has everywhere. */
function swatch(backend) {
  return element("span", { class: `swatch ${colourOf(backend)}` });
}

/** Shows a part of the page and the link to it. */
function reveal(section) {
  section.hidden = false;
  document.querySelector(`nav a[href="#${section.id}"]`).hidden = false;
}
