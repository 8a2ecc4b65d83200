"""Runners: they call `run_shard` for every shard, in processes of this machine or of a cluster."""
