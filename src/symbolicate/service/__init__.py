"""The service: takes crash reports and symbols over HTTP, processes them, and answers questions about them."""
