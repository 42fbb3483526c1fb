"""Every option of http.conf, manager.conf and ajam.conf, as tables.

The samples in etc/asterisk and the manual are held to them by tests.

Source: reference.md 5.3 and 5.4.
"""

from ajam.conf.options import Option
from ajam.conf.readers import (
    MAX_PORT, MAX_PREFIX, MAX_SERVERNAME, at_most, denied, host_and_port, host_beside, host_names, list_names,
    milliseconds, networks, number, one_of, origin, permitted, redirect, something, switch, whole_path,
)
from ajam.privileges import mask_from_labels

HTTP_PORT = 8088
MANAGER_PORT = 5038
MANAGER_TLS_PORT = 5039
LOOPBACK = "127.0.0.0/8, ::1"
MEGABYTE = 1024 * 1024
LEAST_ANSWER = 64 * 1024  # bytes; what a login needs is far below

TLS_OPTIONS = (
    Option("tlsenable", switch, "no", "serve HTTPS", ("sslenable",)),
    Option("tlsbindaddr", host_and_port, None, "address[:port] of HTTPS; bindaddr:8089 without it",
           ("sslbindaddr",)),
    Option("tlscertfile", something, "asterisk.pem", "PEM file of certificate, chain and perhaps key",
           ("sslcert", "tlscert")),
    Option("tlsprivatekey", something, None, "PEM file of the key, when tlscertfile has none",
           ("sslprivatekey",)),
    Option("tlscipher", something, None, "OpenSSL cipher list; without it those with forward secrecy",
           ("sslcipher",)),
    Option("tlsdisablev1", switch, "yes", "refuse TLS 1.0"),
    Option("tlsdisablev11", switch, "no", "refuse TLS 1.1"),
    Option("tlsdisablev12", switch, "no", "refuse TLS 1.2"),
    Option("tlsservercipherorder", switch, "yes", "let our order of ciphers decide, not the browser's"),
)

HTTP_OPTIONS = (
    Option("enabled", switch, "no", "serve plain HTTP at all"),
    Option("bindaddr", host_beside("bindport"), "127.0.0.1", "address or name to listen on"),
    Option("bindport", number(0, MAX_PORT), str(HTTP_PORT), "TCP port of plain HTTP"),
    Option("prefix", at_most(MAX_PREFIX, before="/"), "", "first part of every URI"),
    Option("servername", at_most(MAX_SERVERNAME), None, "Server header; empty leaves it out"),
    Option("enable_static", switch, "no", "serve files below /static", ("enablestatic",)),
    Option("enable_status", switch, "no", "serve /httpstatus"),
    Option("redirect", redirect, None, "TARGET DESTINATION: answer that path with another", repeated=True),
    Option("sessionlimit", number(1), None, "connections at a time"),
    Option("session_inactivity", milliseconds(1), "30000", "ms to wait for more of a request"),
    Option("session_keep_alive", milliseconds(0), "15000", "ms to wait for the next request; 0 closes"),
) + TLS_OPTIONS

MANAGER_OPTIONS = (
    Option("enabled", switch, "no", "Asterisk's manager interface at all"),
    Option("webenabled", switch, "no", "the manager over HTTP"),
    Option("port", number(1024, MAX_PORT), str(MANAGER_PORT), "TCP port of AMI"),
    Option("bindaddr", host_beside("port"), "[::]", "address that Asterisk's AMI listens on"),
    Option("httptimeout", number(1), "60", "s that a session over HTTP lives without a request"),
    Option("allowmultiplelogin", switch, "yes", "a user may be logged in more than once"),
    Option("authtimeout", number(1), "30", "s that a connection may take to log in"),
    Option("authlimit", number(1), "50", "connections that may be logging in at a time"),
)

ACL_OPTIONS = (
    Option("permit", permitted, None, "networks to let in", repeated=True),
    Option("deny", denied, None, "networks to keep out", repeated=True),
    Option("acl", list_names, None, "sections of acl.conf that must let in too", repeated=True),
)

USER_OPTIONS = (
    Option("secret", str, None, "password; without one nobody can log in as this user"),
    Option("read", mask_from_labels, "", "classes of events to be shown"),
    Option("write", mask_from_labels, "", "classes of actions to be allowed"),
    Option("allowmultiplelogin", switch, None, "as in [general], for this user"),
) + ACL_OPTIONS

RESTRICTION_OPTIONS = (Option("type", something, None, "restriction"),) + ACL_OPTIONS

STATIC_OPTION = Option("staticdir", whole_path, None, "directory of the files below /static")

HOSTS_OPTION = Option("allowed_hosts", host_names, "", "host names that are served, .NAME with all below; empty: all")

PBX_OPTIONS = (
    Option("host", host_beside("port"), None, "where Asterisk's AMI is; manager.conf's bindaddr without it"),
    Option("port", number(1, MAX_PORT), None, "its TCP port; manager.conf's port without it, 5039 with tls"),
    Option("tls", switch, "no", "speak TLS to it, as its tlsenable offers on port 5039"),
    Option("cafile", whole_path, None, "PEM file of who may have signed its certificate; the system's without it"),
)

PROXY_OPTIONS = (
    Option("trusted", networks, LOOPBACK, "networks of proxies whose X-Forwarded headers are believed"),
)

CORS_OPTIONS = (
    Option("allow_origin", origin, None, "origin whose pages may use ajam too", repeated=True),
)

LIMITS_OPTIONS = (
    Option("failed_logins", number(1), "5", "failed logins of a user from one address before delays begin"),
    Option("sessions", number(1), "10000", "sessions at a time"),
    Option("sessions_per_user", number(1), "1000", "sessions of one user at a time"),
    Option("sessions_per_address", number(1), "1000", "sessions from one address at a time"),
    Option("session_time", number(0), "0", "s that a session may last however much it is used; 0 is for ever"),
    Option("streams_per_session", number(1), "32", "streams of one session, and waits with since=, at a time"),
    Option("connections_per_address", number(1), "256", "connections from one address, unless a trusted proxy's"),
    Option("handshakes", number(1), "128", "TLS handshakes at a time"),
    Option("header_time", milliseconds(1), "10000", "ms to the end of a request's head"),
    Option("uploads", number(1), "4", "uploads at a time"),
    Option("upload_bytes", number(1), str(64 * MEGABYTE), "bytes of one upload"),
    Option("answer_bytes", number(LEAST_ANSWER), str(16 * MEGABYTE), "bytes of one answer of the PBX"),
    Option("events", number(1), "10000", "events kept for each user's browsers that come late"),
    Option("event_bytes", number(1), str(16 * MEGABYTE), "bytes of them"),
)

WATCH_OPTIONS = (
    Option("permit", networks, LOOPBACK, "networks that may read /-/healthy, /-/ready and /-/metrics"),
)

LOG_OPTIONS = (
    Option("file", whole_path, None, "log file, opened anew on a reload; stderr without it"),
    Option("format", one_of("text", "json"), "text", "text, or json: an object a line"),
    Option("access", switch, "yes", "a line for every request"),
)

DAEMON_OPTIONS = (
    Option("socket", whole_path, "/run/ajam/ajam.ctl", "UNIX socket on which ajam -rx is answered"),
    Option("group", something, None, "group whose members may use that socket, besides its owner"),
    Option("drain", number(0), "5", "s that replies in progress get when ajam is asked to end"),
    Option("root", switch, "no", "let ajam serve as root"),
)

AJAM_TABLES = {  # the sections of ajam.conf
    "http": HTTP_OPTIONS + (STATIC_OPTION, HOSTS_OPTION),
    "manager": MANAGER_OPTIONS,
    "pbx": PBX_OPTIONS,
    "proxy": PROXY_OPTIONS,
    "cors": CORS_OPTIONS,
    "limits": LIMITS_OPTIONS,
    "watch": WATCH_OPTIONS,
    "log": LOG_OPTIONS,
    "daemon": DAEMON_OPTIONS,
}
