"""Truth files: the stacks of a dump as something other than our walker saw them. One frame to a line, innermost first."""

import json


def base(name):
    """Last component of a function name: no parameters, no templates, no namespaces."""
    if not name:
        return None
    out, depth = "", 0
    for c in name.replace("(anonymous namespace)", "anon"):
        if c in "<(":
            depth += 1
        elif c in ">)":
            depth -= 1
        elif depth == 0:
            out += c
    return out.replace(" const", "").strip().split("::")[-1].split(" ")[-1]


def frame(address, function, file=None, line=None, inline=False):
    """address is the resume address of the physical frame; inline frames carry that of the frame they are in."""
    return dict(addr=f"{address:#x}", func=function, base=base(function), file=file, line=line, inline=inline)


HEAD, TAIL = 64, 8


def write(path, source, stacks, modules=(), **more):
    """stacks: dicts with tid, name, crashed, frames. Of a very deep stack the first 64 frames and the last 8 are kept."""
    def rows(frames):
        return "[\n  " + ",\n  ".join(json.dumps(f) for f in frames) + "]" if frames else "[]"

    crashed = next((s for s in stacks if s["crashed"]), None)
    frames = crashed["frames"] if crashed else []
    whole = len(frames) <= HEAD + TAIL
    head = {"source": source, **more, "crashed_tid": crashed and crashed["tid"], "total_frames": len(frames), "complete": whole}
    # Past main, some symbol files say less than gdb knows (a CFA that is an expression, as in GCC's i386 main).
    head["through_main"] = next((i + 1 for i, f in enumerate(frames) if f["base"] in ("main", "mainCRTStartup")), None)
    parts = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in head.items()]
    parts.append('"crashed_thread": ' + rows(frames if whole else frames[:HEAD]))
    if not whole:
        parts.append('"crashed_thread_tail": ' + rows(frames[-TAIL:]))
    others = [
        f'{{"tid": {s["tid"]}, "name": {json.dumps(s["name"])}, "frames": {rows(s["frames"])}}}'
        for s in stacks if not s["crashed"]
    ]
    parts.append('"threads": [' + ",\n ".join(others) + "]")
    parts.append('"modules": ' + rows(modules))
    text = "{" + ",\n ".join(parts) + "}\n"
    json.loads(text)
    with open(path, "w") as f:
        f.write(text)


def stacks(t):
    """Every list of frames in a truth file that was read."""
    yield t["crashed_thread"]
    yield t.get("crashed_thread_tail", [])
    for thread in t.get("threads", []):
        yield thread["frames"]
