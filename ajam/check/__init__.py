"""What `ajam check` looks at before a start: the configuration, and the host and the PBX as they are now.

An examination is a function from Settings to Findings (findings.py); command.py has the table of them.
"""
