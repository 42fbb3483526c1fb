"""Events and their fields: names, order and categories as a real Asterisk 22 has them.

Fields are tuples of (name, value) pairs, so that a repeated name is no problem and the order is
what it is on the wire. A channel shows the same fourteen fields in nearly every event, a bridge
its seven; events that tell of two of them put a word in front (`DestChannel`, `ParkeeChannel`).
"""

UNKNOWN = "<unknown>"

STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}
DOWN, RING, RINGING, UP = STATES

CAUSES = {0: "Unknown", 16: "Normal Clearing", 17: "User busy", 19: "User alerting, no answer"}
NORMAL_CLEARING = 16

PRIVILEGES = {
    name: label
    for label, names in {
        "agent": "AgentCalled AgentComplete AgentConnect AgentRingNoAnswer QueueCallerAbandon"
                 " QueueCallerJoin QueueCallerLeave QueueMemberAdded QueueMemberPause QueueMemberRemoved"
                 " QueueMemberStatus",
        "call": "BlindTransfer BridgeCreate BridgeDestroy BridgeEnter BridgeLeave ConfbridgeEnd"
                " ConfbridgeJoin ConfbridgeLeave ConfbridgeMute ConfbridgeStart ConfbridgeUnmute"
                " DeviceStateChange DialBegin DialEnd DialState ExtensionStatus Hangup HangupRequest"
                " LocalBridge NewCallerid NewConnectedLine Newchannel Newstate OriginateResponse ParkedCall"
                " ParkedCallGiveUp ParkedCallTimeOut SoftHangupRequest UnParkedCall",
        "dialplan": "Newexten VarSet",
        "security": "ChallengeResponseFailed InvalidAccountID InvalidPassword RequestBadFormat"
                    " RequestNotAllowed SuccessfulAuth",
        "system": "FullyBooted",
        "user": "UserEvent",
    }.items()
    for name in names.split()
}


def whole_number(text, default=None):
    """The int that up to nine decimal digits stand for; `default` for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def render(pairs):
    """One block as bytes: a line for each pair, and the empty line that ends it."""
    return "".join("%s: %s\r\n" % pair for pair in pairs).encode("utf-8", "surrogateescape") + b"\r\n"


def event(name, *groups):
    """The pairs of an asynchronous event: its name, its privileges and the groups of fields behind them."""
    head = (("Event", name), ("Privilege", PRIVILEGES[name] + ",all"))
    return head + tuple(pair for group in groups for pair in group)


def of_channel(channel, prefix=""):
    """The fourteen fields of a channel, each name with `prefix` in front."""
    return tuple((prefix + name, value) for name, value in (
        ("Channel", channel.name),
        ("ChannelState", channel.state),
        ("ChannelStateDesc", STATES[channel.state]),
        ("CallerIDNum", channel.caller[0]),
        ("CallerIDName", channel.caller[1]),
        ("ConnectedLineNum", channel.connected[0]),
        ("ConnectedLineName", channel.connected[1]),
        ("Language", "en"),
        ("AccountCode", ""),
        ("Context", channel.context),
        ("Exten", channel.exten),
        ("Priority", channel.priority),
        ("Uniqueid", channel.uniqueid),
        ("Linkedid", channel.linkedid),
    ))


def of_bridge(bridge):
    """The seven fields of a bridge."""
    return (
        ("BridgeUniqueid", bridge.uniqueid),
        ("BridgeType", bridge.type),
        ("BridgeTechnology", bridge.technology),
        ("BridgeCreator", bridge.creator),
        ("BridgeName", bridge.name),
        ("BridgeNumChannels", len(bridge.channels)),
        ("BridgeVideoSourceMode", "none"),
    )
