"""The browser's side: HTTP. Knows nothing of the manager interface or of configuration files."""
