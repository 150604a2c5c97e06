"""Loads a data-set folder with the Hugging Face `datasets` library and line by line with `json`.

Usage: python load_datasets.py FOLDER

Every format (a config of the card) and split must have the rows that the manifest states, all splits of a
format the same features, and every line must be the row that `datasets` gives for it. Exit status: 0 all
well, 1 something differs, 77 the `datasets` package is not installed.
"""

import json
import os
import pathlib
import sys
import tempfile

SPLITS = {"train": "train", "val": "validation", "test": "test"}


def lines(path):
    """The rows of a file, with the proof that no reader finds other line ends in it."""
    text = path.read_bytes().decode("utf-8")
    rows = [json.loads(line) for line in text.split("\n")[:-1]]
    if len(text.splitlines()) != len(rows) or not text.endswith("\n"):
        raise SystemExit(f"{path}: a row has a line end inside")
    return rows


def check(folder, config, load_dataset):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    loaded = load_dataset(str(folder), config)
    stated = {
        SPLITS[path.split("/")[1].removesuffix(".jsonl")]: (path, entry["lines"])
        for path, entry in manifest["files"].items()
        if path.startswith(config + "/")
    }
    if set(loaded) != set(stated):
        raise SystemExit(f"{config}: loaded splits {sorted(loaded)}, the manifest has {sorted(stated)}")
    features = {str(split.features) for split in loaded.values()}
    if len(features) != 1:
        raise SystemExit(f"{config}: the splits have different features: {features}")
    for name, (path, count) in stated.items():
        rows = lines(folder / path)
        if not len(rows) == count == loaded[name].num_rows:
            raise SystemExit(f"{path}: manifest {count}, file {len(rows)}, loaded {loaded[name].num_rows}")
        for number, (row, got) in enumerate(zip(rows, loaded[name]), start=1):
            if row != got:
                raise SystemExit(f"{path}:{number}: loaded as {got}")
    return {name: count for name, (_, count) in stated.items()}


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    folder = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as cache:
        # Before the import, which reads them; nothing is fetched and nothing is left behind.
        os.environ.update(HF_HOME=cache, HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
        try:
            import datasets
        except ImportError:
            print("skipped: the `datasets` package is not installed", file=sys.stderr)
            return 77
        datasets.disable_progress_bars()
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for config in manifest["formats"]:
            print(config, check(folder, config, datasets.load_dataset))
    return 0


if __name__ == "__main__":
    sys.exit(main())
