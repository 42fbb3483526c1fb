"""`ajam serve` as a process of its own, under load: reloaded, stopped, replaced by the next one."""
