"""What the administrator wrote: the files as Asterisk reads them (lines, grammar), the options in them
(options), who may come from where (acl, rules), the users, and all of it as one frozen value (settings).
"""
