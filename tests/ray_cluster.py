"""A Ray cluster of two nodes on this machine, one of which is killed while a batch runs.

python ray_cluster.py DUMPS OUT
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from ray.cluster_utils import Cluster


def main(dumps: str, out: str) -> int:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    node = cluster.add_node(num_cpus=1)
    command = [sys.executable, "-m", "symbolicate", "batch", dumps, "-o", out, "--runner", "ray"]
    batch = subprocess.Popen([*command, "--ray-address", cluster.address])
    commits = Path(f"{out}.batch")
    while len(list(commits.glob("*/commits/*"))) < 3 and batch.poll() is None:
        time.sleep(0.05)
    running = batch.poll() is None
    cluster.remove_node(node, allow_graceful=False)
    code = batch.wait()
    cluster.shutdown()
    if not running:
        sys.stderr.write("the batch ended before the node was killed\n")
        return 3
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
