"""ajam: Asterisk's manager interface over HTTP, as a daemon beside the PBX.

The modules in the order in which they are best read; each imports only what stands above it,
and conf, ami and web never each other (tests/test_layers.py).

    errors            every way to fail, and the HTTP status for it
    privileges        labels like "call", and masks of them
    pause             what a request waits for without a thread

    conf.lines        comments gone, includes in their place
    conf.acl          who may come from where
    conf.grammar      sections of ordered pairs
    conf.readers      from the text of a line to a value
    conf.options      what an option is, and how many are read
    conf.tables       every option, as tables
    conf.rules        permit, deny and acl lines to address rules
    conf.users        the manager users
    conf.sections     what each section says, as a value
    conf.settings     http.conf, manager.conf, ajam.conf as one value

    ami.message       actions, responses, events as bytes
    ami.wire          where an answer ends; no I/O
    ami.connection    one connection to the PBX, one action at a time
    ami.ring          the last events, numbered
    ami.feed          the connection on which the events come
    ami.account       one manager user and its connections
    ami.accounts      how a login becomes an account

    web.exchange      a request and a reply, as values
    web.heads         a strict reader of request heads
    web.bodies        where a body ends and is kept
    web.framing       a connection's bytes cut into requests
    web.connection    one browser's connection
    web.alarms        many deadlines
    web.timing        how long browsers may take
    web.loop          one thread, one selector, one clock
    web.waiters       who waits for what
    web.doors         the listening sockets
    web.lobby         where connections wait without a thread
    web.workers       the threads that work
    web.replies       the lines before a body
    web.server        the threaded http.server
    web.parameters    names and values of a query or a form
    web.cookies       the session's id in a Cookie header
    web.routes        which handler answers a path
    web.digest        digest authentication
    web.static        files
    web.uploads       files from browsers

    templates         every piece of HTML and XML
    render            an action's output as raw, XML, HTML or JSON
    sessions          who is logged in over HTTP
    challenges        challenges not answered yet
    selection         which events a client asked for, and since when
    waitevent         what came since, or the wait for it
    stream            events as they come
    access            who may log in from where
    call              one request to the manager on its way
    manager           one request, one action, one body
    app               what is served at which URI
    status            `http show status`
    daemon            everything that runs, put together
    demo              a small PBX to try it on (ajam/demo/__init__.py)
    cli               the command line
"""

__version__ = "0.1.0"
