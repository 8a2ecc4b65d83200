"""The service: receives crash reports and symbols over HTTP, processes the reports, and answers queries about them.

    ingest ──▶ store ──▶ processing ──▶ store ──▶ questions
    symbols ──▶ store                             upkeep

Each of these packages has its routes and its work. They share `access`, `http`, `context` and `limits`;
`app` combines the routes, `server` and `worker_process` run them.
"""
