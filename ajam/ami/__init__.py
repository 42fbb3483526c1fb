"""The PBX's side: the manager interface over TCP. Knows nothing of HTTP or of configuration files."""
