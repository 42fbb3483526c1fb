"""ajam: Asterisk's manager interface over HTTP, as a daemon beside the PBX.

The modules in the order in which they are best read; each imports only what stands above it,
and conf, ami and web never each other (tests/test_layers.py).

    errors            every way to fail, and the HTTP status for it
    privileges        labels like "call", and masks of them
    pause             what a request waits for without a thread
    secure            TLS, used as a socket that does not block

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
    ami.ring          the last events, numbered
    ami.room          memory for answers that are being given
    ami.places        so many at a time, and who waits for one
    ami.link          whether the PBX answers
    ami.tls           whom ajam takes for the PBX
    ami.resolver      the addresses behind its name
    ami.connection    one connection to the PBX, one action at a time
    ami.feed          the connection on which the events come
    ami.filters       what the PBX keeps from a feed
    ami.account       one manager user and its connections
    ami.accounts      how a login becomes an account

    web.exchange      a request and a reply, as values
    web.lately        what the same bytes meant lately
    web.heads         a strict reader of request heads
    web.forwarded     who sent what a proxy passes on
    web.bodies        where a body ends and is kept
    web.framing       a connection's bytes cut into requests
    web.timing        how long browsers may take
    web.connection    one browser's connection
    web.alarms        many deadlines
    web.loop          one thread, one selector, one clock
    web.waiters       who waits for what
    web.seats         who is in the lobby, and who goes when there are too many
    web.doors         the listening sockets
    web.lobby         where connections are, and short requests answered
    web.workers       the threads for what blocks
    web.tls           the certificate, and what of TLS is spoken
    web.replies       the lines before a body
    web.server        the threaded http.server
    web.parameters    names and values of a query or a form
    web.cookies       the session's id in a Cookie header
    web.routes        which handler answers a path
    web.digest        digest authentication
    web.origins       whose page has made a browser ask
    web.guard         what other sites' pages may ask
    web.static        files
    web.directory     files of a directory
    web.archive       files inside a zip file
    web.kept          small files that were asked for just now
    web.uploads       files from browsers

    deferred          logging that holds nobody up
    logs              where the log goes, and a line of it
    metrics           numbers on how ajam does
    templates         every piece of HTML and XML
    render            an action's output as raw, XML, HTML or JSON
    limiter           failed logins, and the next one put off
    sessions          who is logged in over HTTP
    challenges        challenges not answered yet
    selection         which events a client asked for, and since when
    waitevent         what came since, or the wait for it
    stream            events as they come
    filtering         what keeps events from one session
    access            who may log in from where
    call              one request to the manager on its way
    turns             large answers, one at a time
    manager           one request, one action, one body
    pages             the pages that come with ajam
    watch             how ajam does, for those who watch
    listeners         the sockets opened, kept and closed as the configuration has it
    app               what is served at which URI
    systemd           what systemd and ajam tell each other
    status            what there is, as Asterisk's console prints it
    control           the socket on which commands come
    commands          what they do
    wanted            what the configuration asks of each part
    daemon            everything that runs, put together
    demo              a small PBX to try it on (ajam/demo/__init__.py)
    service           serving until a signal ends it
    client.address    where a running ajam is reached
    client.identity   as which user, with what secret
    client.remote     a running ajam, spoken to over HTTP
    client.events     an event stream's lines as messages
    client.options    what the two commands of the client share
    client.call       `ajam call`
    client.tail       `ajam tail`
    check.findings    what an examination finds
    check.files       files and directories: who may read, who write
    check.control     whether commands could be taken
    check.certificate  whether the certificate is good, and how long
    check.reach       what is reachable from where
    check.users       users whom their rules shut out, or let in
    check.owners      which process has a port
    check.ports       whether the ports can be had
    check.pbx         what answers at the PBX's address
    check.command     `ajam check`
    console           `ajam -r` and `ajam -rx`
    roff              text as man(7) macros
    manual            ajam(8)
    cli               the command line
"""

__version__ = "0.1.0"
