"""Reads dashboards as Grafana's own SDK does and says what it does not know.

    python check.py dashboards/*.json

A key that the schema does not have is dropped by Grafana without a word, so that a misspelt option looks as if it were
set. Needs the package grafana-foundation-sdk. Ends with 1 when something was dropped or changed.
"""

import json
import sys

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard


def dropped(given, read, place=""):
    """Places of what is in `given` and not the same in `read`."""
    if isinstance(given, dict) and isinstance(read, dict):
        for key, value in given.items():
            if key in read:
                yield from dropped(value, read[key], f"{place}.{key}")
            else:
                yield f"{place}.{key}"
    elif isinstance(given, list) and isinstance(read, list) and len(given) == len(read):
        for number, (one, other) in enumerate(zip(given, read)):
            yield from dropped(one, other, f"{place}[{number}]")
    elif given != read:
        yield place


def main(files):
    plugins.register_default_plugins()
    faults = []
    for file in files:
        with open(file, encoding="utf-8") as opened:
            given = json.load(opened)
        read = json.loads(JSONEncoder().encode(Dashboard.from_json(given)))
        faults += [f"{file}: {place} is not known to Grafana" for place in dropped(given, read)]
    print("\n".join(faults) or f"{len(files)} dashboards are read whole")
    return 1 if faults or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
