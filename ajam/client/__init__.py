"""The other end: `ajam call` and `ajam tail` speak to a running ajam over HTTP, as any program may."""
