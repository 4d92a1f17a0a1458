"""Every bad input of the command line gives one line, exit code 2, and leaves no file behind."""

import json

import pytest
from conftest import GOLDEN, TINY

from lstmbench.errors import Exit

BAD = [
    ("comand", ["rnu"], "No such command 'rnu'"),
    ("option", ["run", "--sequence", "3"], "No such option"),
    ("option without value", ["run", "--seq-len"], "requires an argument"),
    ("suite name", ["run", "-s", "quikc"], "suite: unknown 'quikc'; did you mean 'quick'?"),
    ("suite file", ["run", "-s", "absent.toml"], "suite absent.toml: cannot be read: No such file"),
    ("suite folder", ["run", "-s", "./"], "suite ./: cannot be read: Is a directory"),
    ("suite bytes", ["run", "-s", "bytes.toml"], "not a text file in UTF-8"),
    ("suite text", ["run", "-s", "text.toml"], "not TOML"),
    (
        "suite key",
        ["run", "-s", "key.toml"],
        "line 5: colour: unknown 'colour'; known: name, description",
    ),
    ("cell", ["run", "--cell", "lsmt"], "cell: unknown 'lsmt'; did you mean 'lstm'?"),
    ("mode", ["run", "--mode", "trian"], "mode: unknown 'trian'; did you mean 'train'?"),
    ("dtype", ["run", "--dtype", "float8"], "dtype: unknown 'float8'"),
    ("data", ["run", "--data", "moonspots"], "did you mean 'sunspots'?"),
    ("backend", ["run", "-b", "numbacpu"], "did you mean 'numba-cpu'?"),
    ("baseline", ["run", "--baseline", "nunpy"], "did you mean 'numpy'?"),
    ("no names", ["run", "-b", ","], "expected names with commas between them"),
    ("size zero", ["run", "--seq-len", "0"], "seq_len: expected sizes from 1"),
    ("size negative", ["run", "--batch-size", "-4"], "batch_size: expected sizes such as"),
    ("size text", ["run", "--hidden-size", "many"], "hidden_size: expected sizes such as"),
    ("size huge", ["run", "--input-size", "9" * 30], "input_size: expected sizes"),
    ("layers", ["run", "--layers", "0"], "num_layers: expected sizes from 1"),
    ("range", ["run", "--seq-len", "64:1:x2"], "never reaches its end"),
    ("sweep", ["run", "--seq-len", "1:1000", "--batch-size", "1:1000"], "more than 100000 rows"),
    ("threads zero", ["run", "--threads", "0"], "threads: expected sizes from 1"),
    ("threads many", ["run", "--threads", "5000"], "threads: expected 1 to 1024, got 5000"),
    ("budget negative", ["run", "--budget", "-1"], "--budget: expected a number above 0, got -1"),
    ("budget zero", ["run", "--budget", "0"], "--budget: expected a number above 0, got 0"),
    ("budget nan", ["run", "--budget", "nan"], "--budget: expected a number above 0, got nan"),
    ("budget text", ["run", "--budget", "lots"], "Invalid value for '--budget'"),
    ("precision", ["run", "--precision", "-0.1"], "--precision: expected a number above 0"),
    ("timeout", ["run", "--timeout", "inf"], "--timeout: expected a number above 0, got inf"),
    ("rounds", ["run", "--rounds", "0"], "--rounds: expected a number above 0, got 0"),
    ("sunspots", ["run", "--data", "sunspots", "--seq-len", "310"], "309 years, got seq_len 310"),
    ("output name", ["run", "-o", "table.txt"], "-o: expected a file ending in .json"),
    ("output folder", ["run", *TINY, "-o", "text.toml/x.json"], "text.toml: cannot be a folder"),
    ("output proc", ["run", *TINY, "-o", "/proc/x.json"], "/proc/x.json.journal: cannot be"),
    ("output is folder", ["run", *TINY, "-o", "folder.json"], "-o: folder.json is a folder"),
    ("resume nothing", ["run", "--resume"], "no unfinished run in lstmbench-results"),
    ("resume absent", ["run", "--resume", "-o", "a.json"], "a.json.journal is not there"),
    ("resume foreign", ["run", "--resume", "-o", "foreign.json"], "not a journal of lstmbench"),
    ("not utf-8", ["run", "-o", "\udcff.json"], "arguments: expected text in UTF-8"),
    ("list", ["list", "suits"], "list: unknown 'suits'; did you mean 'suites'?"),
    ("list rows", ["list", "rows", "-s", "defualt"], "did you mean 'default'?"),
    ("verify backend", ["verify", "-b", "pytorch"], "did you mean 'torch-cpu'?"),
    ("verify cell", ["verify", "--cell", "gruu"], "cell: unknown 'gruu'; did you mean 'gru'?"),
    ("verify cell bi", ["verify", "--cell", "lstm-bi"], "cell: unknown 'lstm-bi'"),
    ("report nothing", ["report"], "expected at least one result file, got none"),
    ("report absent", ["report", "absent.json"], "absent.json: cannot be read: No such file"),
    ("report folder", ["report", "."], ".: cannot be read: Is a directory"),
    ("report truncated", ["report", "truncated.json"], "truncated.json: not JSON, or cut short"),
    ("report foreign", ["report", "foreign.json"], "foreign.json: not an lstmbench result file"),
    ("report future", ["report", "future.json"], "expected version 1, got 2; update lstmbench"),
    ("report damaged", ["report", "damaged.json"], "rows[0].time_s.median: "),
    ("report second", ["report", "good.json", "damaged.json"], "damaged.json: rows[0]"),
    ("report output", ["report", "good.json", "-o", "absent/x.md"], "absent/x.md: cannot be"),
    ("compare one", ["compare", "good.json"], "Missing argument 'head'"),
    ("compare absent", ["compare", "good.json", "absent.json"], "absent.json: cannot be read"),
    ("compare damaged", ["compare", "damaged.json", "good.json"], "damaged.json: rows[0]"),
    ("compare output", ["compare", "good.json", "good.json", "-o", "absent/x.md"], "absent/x.md: "),
    ("history nothing", ["history"], "Missing argument 'paths'"),
    ("history absent", ["history", "absent.json"], "absent.json: cannot be read: No such file"),
    ("history damaged", ["history", "good.json", "damaged.json"], "damaged.json: rows[0]"),
    ("history folder", ["history", "folder.json"], "folder.json: expected result files (*.json)"),
    ("history files", ["history", "."], "damaged.json: rows[0]"),
    ("history least", ["history", "good.json", "--least", "0"], "--least: expected a number above"),
    ("history backend", ["history", "good.json", "-b", "nunpy"], "did you mean 'numpy'? known: "),
    ("history output", ["history", "good.json", "-o", "absent/x.md"], "absent/x.md: cannot be"),
    ("export nothing", ["export", "good.json"], "Missing option '--to'"),
    ("export format", ["export", "good.json", "--to", "asw"], "did you mean 'asv'? known: pytest-"),
    ("export damaged", ["export", "damaged.json", "--to", "csv"], "damaged.json: rows[0]"),
    ("export asv", ["export", "good.json", "--to", "asv"], "asv: expected --commit HASH"),
    (
        "export output",
        ["export", "good.json", "--to", "csv", "-o", "a/x.csv"],
        "a/x.csv: cannot be",
    ),
    ("import absent", ["import", "absent.json", "-o", "x.json"], "absent.json: cannot be read"),
    ("import truncated", ["import", "truncated.json", "-o", "x.json"], "not JSON, or cut short"),
    ("import foreign", ["import", "foreign.json", "-o", "x.json"], "not pytest-benchmark's"),
    ("import name", ["import", "good.json", "-o", "x.txt"], "expected a file ending in .json"),
    ("update absent", ["report", "--update", "absent.md"], "absent.md: cannot be read"),
    ("update blockless", ["report", "--update", "text.toml"], "expected a line <!-- lstmbench:b"),
]


@pytest.fixture
def bad_files(tmp_path):
    """Every file that the bad inputs name."""
    good = (GOLDEN / "result.json").read_text(encoding="utf-8")
    content = json.loads(good)
    (tmp_path / "good.json").write_text(good, encoding="utf-8")
    (tmp_path / "truncated.json").write_text(good[:1000], encoding="utf-8")
    (tmp_path / "foreign.json").write_text('{"a": 1}')
    (tmp_path / "foreign.json.journal").write_text('{"a": 1}\n')
    (tmp_path / "future.json").write_text(json.dumps({**content, "version": 2}))
    content["rows"][0]["time_s"]["median"] = -1
    (tmp_path / "damaged.json").write_text(json.dumps(content))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "text.toml").write_text("this is no TOML")
    (tmp_path / "key.toml").write_text(
        'name = "x"\ndescription = ""\nbaseline = "numpy"\nbackends = ["numpy"]\ncolour = 3\n'
        '[[rows]]\ncell = "lstm"\nmode = "infer"\nseq_len = 1\nbatch_size = 1\nhidden_size = 1\n'
    )
    (tmp_path / "folder.json").mkdir()
    return {path.name for path in tmp_path.iterdir()}


@pytest.mark.usefixtures("script")
@pytest.mark.parametrize(
    ("arguments", "message"), [bad[1:] for bad in BAD], ids=[b[0] for b in BAD]
)
def test_bad_input_is_one_line_and_exit_code_2(tool, bad_files, tmp_path, arguments, message):
    code, out, err = tool(*arguments)

    assert code == Exit.USAGE == 2
    assert out == ""
    assert message in err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert len(err) < 1000
    assert {path.name for path in tmp_path.iterdir()} == bad_files
