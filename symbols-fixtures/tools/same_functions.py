"""Two truths of one failure of one program must name the same functions.        usage: same_functions.py A B"""

import json
import sys


def functions(path):
    with open(path) as f:
        return [(f["base"] or "").removeprefix("__GI_") for f in json.load(f)["crashed_thread"]]


a, b = map(functions, sys.argv[1:])
if a != b:
    sys.exit(f"{sys.argv[1]} and {sys.argv[2]} differ:\n{a}\n{b}")
