pytest_plugins = ["convbridge.testing.plugin"]
