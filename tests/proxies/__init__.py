"""ajam behind the real nginx, Apache, Caddy and HAProxy, with the very fragments of etc/."""
