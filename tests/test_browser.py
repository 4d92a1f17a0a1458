"""The HTML page in a real browser, as a file, without a network: what people do with it.

Pictures of it are left in ``build/screenshots``.
"""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import (
    GOLDEN,
    HOSTILE,
    a_row,
    a_workload,
    as_result,
    bad_row,
    contenders,
    require_chromium,
)
from playwright.sync_api import sync_playwright
from test_report import a_hostile_result

from lstmbench import units
from lstmbench.markdown import one_line
from lstmbench.report.html import page as html
from lstmbench.result import read

SCREENSHOTS = Path(__file__).parent.parent / "build" / "screenshots"
SCREEN = {"width": 1280, "height": 800}
BACKENDS = {"numpy": 0.004, "numba_cpu": 0.001, "torch_cpu": 0.002}


def a_result():
    """Three backends over two sizes and two modes: more rows than a page, two without a time."""
    rows = []
    for mode in ("train", "infer"):
        for seq_len in (16, 64, 256):
            for batch_size in (1, 8, 64):
                workload = a_workload(mode=mode, seq_len=seq_len, batch_size=batch_size)
                work = seq_len * batch_size
                rows += contenders(workload, **{n: s * work**0.5 for n, s in BACKENDS.items()})
    odd = a_workload(cell="gru")
    rows += [
        a_row(odd, backend="numpy"),
        bad_row("oom", "no memory left", workload=odd, backend="torch-cpu"),
        bad_row("unavailable", "is not installed", workload=odd, backend="numba-cpu"),
    ]
    return as_result(rows, baseline="numpy")


@pytest.fixture(scope="module")
def browser():
    """A browser without a window."""
    executable = require_chromium()
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page of results; in the end nothing may have complained, or asked for anything."""
    complaints, requests, contexts = [], [], []

    def opened(*results, text=None, **settings):
        path = tmp_path / f"{len(contexts)}.html"
        path.write_text(text or html(results), encoding="utf-8")
        context = browser.new_context(**{"viewport": SCREEN, "offline": True, **settings})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.rpartition("/")[2] for url in requests} <= {f"{n}.html" for n in range(9)}
    assert len(requests) == len(contexts)


def screenshot(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def column(page, name):
    """The texts of a column of the table of all rows."""
    heads = [text.rstrip(" ↑↓") for text in page.locator("#rows thead th").all_inner_texts()]
    cells = page.locator(f"#rows tbody td:nth-child({heads.index(name) + 1})")
    return cells.all_inner_texts()


def chosen(place, label):
    return place.get_by_role("combobox", name=label, exact=True)


def is_on_screen(page, selector):
    """Whether the whole of an element is seen without scrolling."""
    box = page.locator(selector).first.bounding_box()
    return box["y"] >= 0 and box["y"] + box["height"] <= SCREEN["height"]


# --- the first screen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_screen_says_which_backend_to_use_and_how_sure_that_is(opened, scheme):
    page = opened(a_result(), color_scheme=scheme)

    for selector in (".choice", ".choice >> nth=1", ".shape", ".heat", ".heat >> nth=1"):
        assert is_on_screen(page, selector), selector
    assert "Wins 9 of 9 shapes, 9 surely" in page.locator(".choice").first.inner_text()
    assert "numba-cpu is 2.00× ahead of torch-cpu, surely" in page.locator(".verdict").inner_text()
    screenshot(page, f"first-{scheme}")


def test_a_shape_is_chosen_by_its_sizes_and_ranks_the_backends(opened):
    page = opened(a_result())
    shape = page.locator(".shape")

    chosen(shape, "Steps T").select_option("64")
    chosen(shape, "Cell").select_option("gru")

    lines = shape.locator("tbody tr").all_inner_texts()
    assert [line.split()[0] for line in lines] == ["numpy", "torch-cpu", "numba-cpu"]
    assert "oom: no memory left" in lines[1]
    assert "numpy has a time, and no other backend has one" in shape.inner_text()
    assert chosen(shape, "Mode").locator("option").all_inner_texts() == ["inference"]


def test_a_field_of_a_table_chooses_its_shape(opened):
    page = opened(a_result())

    page.locator(".heat").nth(1).get_by_role("button").last.press("Enter")

    shape = page.locator(".shape")
    values = [chosen(shape, label).input_value() for label in ("Mode", "Steps T", "Batch B")]
    assert values == ["infer", "256", "64"]
    assert page.locator(".heat").nth(1).get_by_role("button", pressed=True).count() == 1


# --- the table of all rows


def test_rows_are_sorted_by_a_click_and_by_the_keyboard(opened):
    page = opened(a_result())
    head = page.locator("#rows thead th", has_text="median")

    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    least = column(page, "median")[0]
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"

    assert least == units.duration(0.001)
    assert column(page, "median")[0] == units.duration(0.004 * 128)


def test_rows_are_found_by_words_and_by_selects(opened):
    page = opened(a_result())
    rows = page.locator("#rows")

    rows.get_by_label("Find").fill("GRU oom")
    assert column(page, "status") == ["oom"]
    assert "no memory left" in rows.locator("tbody").inner_text()
    rows.get_by_label("Find").fill("")
    chosen(rows, "backend").select_option(label="torch-cpu")
    chosen(rows, "mode").select_option(label="training")
    assert set(column(page, "backend")) == {"torch-cpu"}
    assert "1 to 9 of 9 rows" in rows.inner_text()
    rows.get_by_label("Find").fill("nothing has this")
    assert "No row has all of that." in rows.inner_text()


def test_rows_are_paged(opened):
    page = opened(a_result())
    rows = page.locator("#rows")
    first = column(page, "T")[0]

    rows.get_by_role("button", name="On", exact=True).click()
    assert "51 to 57 of 57 rows" in rows.inner_text()
    assert rows.get_by_role("button", name="On", exact=True).is_disabled()
    assert column(page, "T")[0] != first
    rows.get_by_role("button", name="Back", exact=True).click()
    chosen(rows, "Rows a page").select_option("100")
    assert len(column(page, "T")) == 57


def test_a_row_shows_its_samples_to_a_pointer_and_to_the_keyboard(opened):
    page = opened(a_result())
    place = page.locator(".distribution")
    lines = page.locator("#rows tbody tr")

    lines.nth(1).hover()
    assert "numba-cpu" in place.inner_text()
    assert place.locator("circle").count() == len(a_row().samples_s)
    screenshot(page, "rows")
    lines.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "torch-cpu" in place.inner_text()
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.rowIndex") == 50


def test_samples_are_drawn_where_they_lie(opened):
    page = opened(as_result([a_row()]))
    page.locator("#rows tbody tr").hover()

    drawn = page.evaluate("statisticsOf(0)")
    assert drawn == pytest.approx(sorted(a_row().samples_s), rel=1e-4)


def test_a_page_without_samples_says_so_where_they_would_be(opened):
    whole = html([a_result()])
    page = opened(text=html([a_result()], max_bytes=len(whole.encode()) - 1))
    page.locator("#rows tbody tr").first.hover()

    assert "quartiles and extremes only" in page.locator(".distribution").inner_text()
    assert "it lacks the samples of each row" in page.locator("main").inner_text()


# --- the chart


def test_axes_and_backends_are_chosen_and_points_say_their_values(opened):
    page = opened(a_result())
    chart = page.locator("#chart")
    assert chart.locator(".mark").count() == 9
    screenshot(page, "chart")

    chosen(chart, "Along").select_option("batch_size")
    chosen(chart, "Up").select_option("speedup")
    chart.get_by_role("checkbox", name="torch-cpu").uncheck()

    assert chart.locator(".mark").count() == 6
    labels = [mark.get_attribute("aria-label") for mark in chart.locator(".mark").all()]
    assert labels[-1].startswith("numba-cpu, B 64: speedup over the baseline 4.00× (95 %")
    chart.locator(".mark").nth(5).hover()
    assert "numba-cpu, B 64" in chart.locator(".tip").inner_text()


def test_an_axis_is_offered_where_a_line_has_two_points(opened):
    sizes = [{"seq_len": 8, "hidden_size": 4}, {"seq_len": 16, "hidden_size": 4}]
    sizes += [{"seq_len": 32, "hidden_size": 8}]
    page = opened(as_result([a_row(a_workload(**each)) for each in sizes]))

    along = chosen(page.locator("#chart"), "Along").locator("option")
    assert along.all_inner_texts() == ["sequence length T"]
    assert page.locator("#chart .mark").count() == 2


def test_an_axis_has_two_ticks_or_more_and_not_too_many(opened):
    page = opened(a_result())
    spans = [[low, low * ratio] for low in (3e-7, 0.9, 7e4) for ratio in (1.05, 1.9, 30, 1e4, 1e9)]

    for is_binary in (False, True):
        ticks = page.evaluate(
            "([spans, isBinary]) => spans.map((span) => logTicks(...span, isBinary))",
            [spans, is_binary],
        )
        for (low, high), at in zip(spans, ticks, strict=True):
            assert 2 <= len(at) <= 9
            assert low <= at[0] < at[-1] <= high


def test_the_keyboard_walks_along_a_line_and_to_the_next(opened):
    page = opened(a_result())
    chart = page.locator("#chart")

    chart.locator(".mark").first.focus()
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert "numba-cpu, T 64" in chart.locator(".tip").inner_text()
    page.keyboard.press("Escape")
    assert chart.locator(".tip").is_hidden()


# --- the rest


def test_the_theme_is_that_of_the_system_until_the_button_is_pressed(opened):
    page = opened(a_result(), color_scheme="dark")

    def background():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    dark = background()
    page.get_by_role("button", name="Light theme").click()
    assert background() != dark
    page.get_by_role("button", name="Dark theme").click()
    assert background() == dark


def test_of_several_files_one_is_chosen_and_the_table_has_all(opened):
    other = as_result([a_row()], created="2031-01-01T00:00:00+00:00")
    page = opened(a_result(), other)

    chosen(page, "Result file").select_option("1")
    assert "2031-01-01" in page.locator(".answer:visible").get_attribute("aria-label")
    assert "fake has a time" in page.locator(".answer:visible .verdict").inner_text()
    assert len(set(column(page, "file"))) == 1
    chosen(page.locator("#rows"), "file").select_option(index=2)
    assert "2031-01-01" in column(page, "file")[0]


@pytest.mark.parametrize(
    ("rows", "why"), [([], "nothing was measured"), ([bad_row("failed")], "No row has a time")]
)
def test_a_page_without_a_time_opens(opened, rows, why):
    page = opened(as_result(rows))

    assert why in page.locator("main").inner_text()
    assert page.locator("#rows").is_visible() == bool(rows)
    assert page.locator("#chart").is_hidden()


def test_the_answer_is_there_without_scripts(opened):
    page = opened(a_result(), java_script_enabled=False)

    text = page.locator("body").inner_text()
    assert "Wins 9 of 9 shapes" in text
    assert "need JavaScript" in text
    assert page.locator(".heat td.field").count() == 18
    assert page.locator("#rows").is_hidden()


def test_a_narrow_page_does_not_scroll_sideways(opened):
    page = opened(read(GOLDEN / "result.json"), viewport={"width": 400, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") == 400
    screenshot(page, "narrow")


def test_hostile_text_is_text(opened):
    page = opened(*(a_hostile_result(text) for text in HOSTILE.values()))
    chosen(page.locator("#rows"), "status").select_option(label="failed")
    page.locator("#rows tbody tr").last.hover()

    for number, text in enumerate(HOSTILE.values()):
        line = page.locator("#rows tbody tr").nth(number).inner_text()
        assert one_line(text)[:290].strip() in line
        assert one_line(text)[:290].strip() in page.locator(".background").nth(number).inner_text()
    assert page.locator("img, #rows a, main script").count() == 0


def test_numbers_are_written_as_python_writes_them(opened):
    page = opened(as_result([a_row()]))
    numbers = [10.0**exponent * digit for exponent in range(-9, 13) for digit in (1, 2.347, 9.996)]

    for name in ("duration", "ratio", "rate", "percent"):
        expected = [getattr(units, name)(number).strip() for number in numbers]
        assert page.evaluate(f"numbers => numbers.map({name})", numbers) == expected
    sizes = [1, 1000, 1024, 10**7, 2**45]
    assert page.evaluate("sizes => sizes.map(size)", sizes) == [units.size(n) for n in sizes]


def a_colourful_result():
    """Every hue wins by each shade, one row failed, and one is alone."""
    names = ("numba", "torch", "torch-compile", "onnxruntime", "openvino", "jax", "keras", "numpy")
    rows = []
    for steps, name in enumerate(names, 1):
        for batch, ahead in enumerate((1.01, 1.09, 1.3, 1.7, 4.0), 1):
            workload = a_workload(seq_len=steps, batch_size=batch)
            rows.append(a_row(workload, backend=f"{name}-cpu"))
            rows.append(a_row(workload, backend="other-cuda", seconds=0.001 * ahead))
    return as_result([*rows, *a_result().rows[-3:]], baseline="numba-cpu")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_check_of_accessibility_finds_nothing(opened, scheme):
    page = opened(a_colourful_result(), color_scheme=scheme, bypass_csp=True)
    chosen(page.locator("#rows"), "Rows a page").select_option("25")
    page.locator("#rows tbody tr").first.hover()

    found = Axe().run(page).response["violations"]

    screenshot(page, f"colours-{scheme}")
    assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found] == []
