"""Taking symbols as appcenter-cli and Breakpad's uploaders send them."""
