"""Programs that look for what is wrong with a web server, each run against an ajam: slowhttptest, sslscan, nikto."""
