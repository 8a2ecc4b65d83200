"""Taking crash reports as App Center's SDKs send them."""
