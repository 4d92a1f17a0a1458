"use strict";
// Starts every part of the page; of several files one is shown at a time.

function startFiles() {
  const parts = [...document.querySelectorAll("[data-file]")];
  const select = document.getElementById("file");
  if (select === null) return;
  for (const title of document.querySelectorAll(".of-file")) title.hidden = true;
  const show = () => {
    for (const part of parts) part.hidden = part.dataset.file !== select.value;
  };
  setOptions(
    select,
    content.files.map((file, number) => [String(number), file.title]),
    "0",
  );
  select.addEventListener("change", show);
  document.getElementById("file-chooser").hidden = false;
  show();
}

for (const section of document.querySelectorAll(".answer")) startShape(section);
startFiles();
const chartSection = document.getElementById("chart");
if (chartSection !== null) startChart(chartSection);
startTable(document.getElementById("rows"));
