"""Tools for agents over the Model Context Protocol: crashes in files, and the failures of a service's store."""
