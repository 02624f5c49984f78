"""Clips, listening and two runs: found, sorted, compared and played by keyboard, and kept in the address."""

import re
import struct
import wave

import pytest

from common.records.record import read_record
from common.report_page.write import write_page
from common.reports.tables.pairs import paired_table
from reproductions.se_cnn.paper import PAPER

pytestmark = pytest.mark.slow

LINES = "#clips-list tbody tr"
# What scripts print where a value is missing.
MEANINGLESS = re.compile("false|undefined|NaN|object Object")


def names(opened):
    return opened.page.locator(f"{LINES} th").all_inner_texts()


def opened_list(open_page, fragment="#clips"):
    opened = open_page(fragment)
    opened.page.locator(LINES).first.wait_for()
    return opened


def test_the_clips_that_are_always_wrong_come_first_and_search_narrows_them(open_page):
    opened = opened_list(open_page)
    assert opened.page.locator(".clips-static").is_hidden()
    assert opened.page.locator(f"{LINES}:first-child td:nth-child(4)").inner_text().strip() == "41 of 41"
    opened.focus("#clips-app input[type=search]")
    opened.page.keyboard.type("GAYNOR")
    assert names(opened)
    artists = opened.page.locator(f"{LINES} td:nth-child(3)").all_inner_texts()
    assert all("gaynor" in artist.lower() for artist in artists)
    assert "clipq=GAYNOR" in opened.fragment
    again = opened_list(open_page, opened.fragment)
    assert names(again) == names(opened)


def test_labels_in_doubt_and_columns_are_chosen_by_keyboard(open_page):
    opened = opened_list(open_page)
    opened.focus("#clips-app input[type=checkbox]")
    opened.press("Space")
    doubted = names(opened)
    assert "disco.00021" in doubted
    assert len(doubted) == 13
    opened.focus("#clips-list th[data-key=clip] button")
    opened.press("Enter")
    assert names(opened) == sorted(doubted)
    assert opened.page.locator("#clips-list th[aria-sort]").get_attribute("aria-sort") == "ascending"
    opened.press("Enter")
    assert names(opened) == sorted(doubted, reverse=True)
    assert opened.page.locator("#clips-list th[aria-sort]").get_attribute("data-key") == "clip"
    assert names(opened_list(open_page, opened.fragment)) == names(opened)


def test_a_clip_is_opened_and_closed_by_keyboard_and_every_test_of_it_is_listed(open_page):
    opened = opened_list(open_page)
    opened.focus("#clips-app input[type=search]")
    opened.page.keyboard.type("disco.00021")
    opened.focus(f"{LINES} a")
    opened.press("Enter")
    detail = opened.page.locator(".clip-detail")
    assert opened.page.evaluate("document.activeElement.textContent").endswith("disco.00021")
    # 41 tests by networks that trained on no window of it, and 33 by others.
    first = detail.locator("tbody tr").first
    assert re.match(r"CNN \+ RNN|Embeddings|SE-CNN|nnet", first.locator("th").inner_text())
    assert re.search(r", by (clip|window)", first.locator("td").first.inner_text())
    assert detail.locator("tbody tr").count() == 41 + 33
    assert "clip=disco.00021" in opened.fragment
    detail.get_by_role("button", name="Close").focus()
    opened.press("Enter")
    assert detail.is_hidden()
    assert opened.page.evaluate("document.activeElement.type") == "search"


def test_example_clips_of_the_audit_lead_to_their_decisions(open_page):
    opened = opened_list(open_page, "")
    link = opened.page.locator("#leakage a.clip-link:visible").first
    name = link.inner_text()
    link.focus()
    opened.press("Enter")
    assert opened.page.locator(".clip-detail h3").inner_text().endswith(name)


def test_two_runs_agree_with_mcnemars_test_of_the_tables(open_page, committed_results):
    opened = opened_list(open_page, "")
    rows = opened.page.evaluate(
        """() => Encore.data.rows
            .filter((row) => row.paper === "se_cnn" && row.table.endsWith("5.1_20_epochs_bfloat16"))
            .map((row) => [row.id, row.label, row.runs.map((place) => Encore.data.runs[place].key)])"""
    )
    records = [
        read_record(committed_results / paper / dataset / "runs" / f"{run}.json")
        for *_, keys in rows
        for paper, dataset, run in (key.split("/") for key in keys)
    ]
    pairs = paired_table(PAPER, PAPER.table("5.1"), records[0].setting, records).values
    ids = {label: id for id, label, _ in rows}
    assert pairs["rows"]
    for row in pairs["rows"]:
        test = row["mcnemar"]
        opened.page.evaluate(
            "([left, right, seed]) => Encore.state.set({left, right, leftseed: seed, rightseed: seed})",
            [ids[row["label"]], ids[pairs["reference"]], test["seed"]],
        )
        cells = opened.page.locator("#compare-app .matrix2 td.num").all_inner_texts()
        assert list(map(int, cells[1:3])) == [test["only_this"], test["only_reference"]]
        said = re.search(
            r"p\s[=<]\s([\d.]+)", opened.page.locator("#compare-app p", has_text="McNemar").first.inner_text()
        )
        assert float(said[1]) == (float(f"{test['p_value']:.2g}") if test["p_value"] >= 0.0001 else 0.0001)


@pytest.mark.parametrize("choice", ["#compare-app fieldset:first-of-type label:first-child", ".row-choice label"])
def test_no_two_choices_of_a_row_have_the_same_words(open_page, choice):
    opened = opened_list(open_page, "")
    offered = opened.page.locator(f"{choice} select").evaluate(
        """select => [...select.querySelectorAll("optgroup")].flatMap((group) =>
            [...group.children].map((option) => [group.label, option.text]))"""
    )
    assert len(offered) > 20
    assert len(set(map(tuple, offered))) == len(offered)
    # Groups have the titles of papers and the protocols of their tables.
    groups = {group for group, _ in offered}
    assert any(re.search(r"^SE-CNN, table 5.1: .*holdout 60/10/30, by window", group) for group in groups)


def test_the_second_run_is_chosen_by_keyboard_and_clips_of_each_kind_are_listed(open_page):
    opened = opened_list(open_page, "#compare")
    opened.focus("#compare-app fieldset:nth-of-type(2) select")
    before = opened.fragment
    opened.press("ArrowDown")
    assert opened.fragment != before
    assert "right=" in opened.fragment
    assert opened.page.locator("#announcements").inner_text().startswith("Both tested ")
    counts = [int(text) for text in opened.page.locator("#compare-app .matrix2 td.num").all_inner_texts()]
    lists = opened.page.get_by_label("Clips where")
    for kind, count in zip(("all", "first", "second", "wrong"), (sum(counts), *counts[1:]), strict=True):
        lists.select_option(kind)
        caption = opened.page.locator("#compare-app .table-box caption").inner_text()
        assert caption.split()[0] == str(count)


def test_clips_that_were_tested_in_several_folds_are_said_to_count_once(open_page):
    opened = opened_list(open_page, "")
    row = opened.page.evaluate("Encore.data.rows.find(({runs}) => Encore.data.runs[runs[0]].folds === 10).id")
    result = opened.page.locator("#compare-app > .stack")
    opened.page.evaluate("row => Encore.state.set({left: row, right: row})", row)
    assert "several folds" not in result.inner_text()
    # As if folds were of windows: a clip of the first fold is in the second, too.
    opened.page.evaluate(
        """async row => {
            const { runs } = await Encore.clips.decoded;
            const places = Encore.data.rows.find(({id}) => id === row).runs;
            const [one, other] = places.slice(0, 2).map((place) => runs.get(Encore.data.runs[place].key));
            other.clips[0] = one.clips[0];
            Encore.state.set({how: "voted"});
        }""",
        row,
    )
    assert "1 clip of these was tested in several folds" in result.inner_text()


def song(path, seconds=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(struct.pack("<h", 1000) * (8000 * seconds))


@pytest.fixture
def songs(tmp_path):
    """A folder of songs, some of which are clips of GTZAN."""
    folder = tmp_path / "songs"
    song(folder / "disco" / "DISCO.00021.wav", seconds=60)
    song(folder / "one" / "disco.00047.wav")
    song(folder / "other" / "disco.00047.wav")
    song(folder / "<b>&.wav")
    (folder / "pop.00012.mp3").write_text("no audio")
    (folder / "notes.txt").write_text("no audio")
    header = struct.pack(">6I", 0x2E736E64, 24, 960_000, 3, 8000, 1)
    (folder / "rock.00089.au").write_bytes(header + struct.pack(">h", 1000) * 480_000)
    return folder


def heard(opened):
    """Wait until a song is heard."""
    opened.page.locator("audio").evaluate(
        "audio => new Promise((resolve) => audio.addEventListener('timeupdate', () => resolve(), {once: true}))"
    )
    assert opened.page.locator("audio").evaluate("audio => !audio.paused && audio.duration") == 60


def test_songs_of_the_reader_are_matched_and_played_from_memory(open_page, songs):
    opened = opened_list(open_page, "#listening")
    assert opened.page.locator("button.play:visible").count() == 0
    opened.page.locator("#listening-app input").first.set_input_files(songs)
    app = opened.page.locator("#listening-app")
    app.get_by_text("3 of 7 files matched: 3 clips of GTZAN").wait_for()
    assert not MEANINGLESS.search(app.text_content())
    for heading, files in {
        "2 files of the same name": ["songs/one/disco.00047.wav", "songs/other/disco.00047.wav"],
        "1 file named as no clip": ["songs/<b>&.wav"],
        "1 file not audio": ["songs/notes.txt"],
    }.items():
        details = app.locator("details", has_text=heading)
        details.locator("summary").focus()
        opened.press("Enter")
        assert sorted(details.locator("li").all_inner_texts()) == files
    for clip in ("disco.00021", "rock.00089"):
        opened.focus(f"#listening-app button[data-play='{clip}']")
        opened.press("Enter")
        heard(opened)
        assert opened.page.locator(".player").inner_text().startswith(clip)
    opened.press("Enter")
    assert opened.page.locator(".player").is_hidden()
    assert opened.page.locator("audio").evaluate("audio => audio.paused && !audio.getAttribute('src')")
    assert opened.page.locator("#clips-list button.play:visible").count() == 3


def test_a_file_that_cannot_be_played_is_named(open_page, songs):
    opened = opened_list(open_page, "#listening")
    opened.page.locator("#listening-app input").first.set_input_files(songs)
    opened.focus("#listening-app button[data-play='pop.00012']")
    opened.press("Enter")
    warning = opened.page.locator("#listening-app .warning")
    warning.wait_for()
    assert warning.inner_text().startswith("pop.00012.mp3 cannot be played by this browser")
    assert opened.page.locator(".player").is_hidden()


@pytest.fixture(scope="module")
def smaller_page(committed_results, tmp_path_factory):
    """A report of SE-CNN with the clip decisions of some of its rows only."""
    target = tmp_path_factory.mktemp("smaller") / "report.html"
    assert write_page([PAPER], committed_results, target, clip_bytes=50_000).message
    return target


def test_where_decisions_are_left_out_the_page_says_so_and_counts_all(open_page, smaller_page):
    opened = open_page("#clips?clip=disco.00021", file=smaller_page)
    opened.page.locator(LINES).first.wait_for()
    assert "Clip decisions of" in opened.page.locator("#clips .warning").inner_text()
    detail = opened.page.locator(".clip-detail")
    assert "wrong in 2 of 33 tests" in detail.inner_text()
    assert detail.locator("caption").inner_text().endswith("of those whose decisions are in this page")
    assert "39 of 39 tests" in detail.inner_text()
    assert 0 < detail.locator("tbody tr").count() < 39 + 32
    assert "cannot be chosen" in opened.page.locator("#compare-app .note").inner_text()
    offered = opened.page.locator("#compare-app fieldset:first-of-type select").first.locator("option").count()
    assert 0 < offered < opened.page.evaluate("Encore.data.rows.length")


def test_without_any_decisions_the_static_list_stays_and_the_sections_say_why(open_page, committed_results, tmp_path):
    write_page([PAPER], committed_results, tmp_path / "report.html", clip_bytes=100)
    opened = open_page(file=tmp_path / "report.html")
    for section in ("listening", "compare"):
        opened.page.locator(f"#{section}-app .note").wait_for()
    assert opened.page.locator(".clips-static table").first.is_visible()
    assert opened.page.locator("#clips-app").is_hidden()


def test_no_section_of_the_script_prints_values_that_are_missing(open_page, songs):
    opened = opened_list(open_page, "#clips?clip=disco.00021")
    # One file that is no clip: nothing else is listed.
    opened.page.locator("#listening-app input").nth(1).set_input_files(songs / "<b>&.wav")
    opened.page.locator("#listening-app").get_by_text("0 of 1 file matched").wait_for()
    for section in ("#leakage", "#results", "#clips", "#listening", "#compare"):
        assert not MEANINGLESS.search(opened.page.locator(section).text_content()), section


def test_clips_that_were_never_wrong_have_no_bar(open_page):
    opened = opened_list(open_page, "#clips?clipsort=wrong&cliporder=up")
    cells = opened.page.locator(f"{LINES} td:nth-child(4)").all()
    assert len(cells) == 50
    assert all(cell.locator(".bar").count() == 0 for cell in cells if cell.inner_text().startswith(("0 of", "–")))
    opened = opened_list(open_page)
    assert opened.page.locator(f"{LINES} .bar.wrong").count() == 50


def test_files_that_are_dropped_are_matched(open_page):
    opened = opened_list(open_page, "#listening")
    opened.page.locator("#listening-app .drop").evaluate(
        """zone => {
            const dataTransfer = new DataTransfer();
            for (const name of ["disco.00021.wav", "other.wav"]) dataTransfer.items.add(new File(["x"], name));
            zone.dispatchEvent(new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true}));
        }"""
    )
    opened.page.locator("#listening-app").get_by_text("1 of 2 files matched: 1 clip of GTZAN").wait_for()
    assert opened.page.locator("#clips-list button[data-play='disco.00021']").is_visible()
