"""The service: takes crash reports and symbols over HTTP, processes them, and answers questions about them.

    ingest ──▶ store ──▶ processing ──▶ store ──▶ questions
    symbols ──▶ store                             upkeep

Each of these packages has its routes and its work. They share `access` (who is asking), `http`, `context` and `limits`;
`app` puts the routes together, `server` and `worker_process` run them.
"""
