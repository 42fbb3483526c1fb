"""Actions that make, move and end calls, and those about conferences."""

import re

from ajam.demo.dialing import can_call
from ajam.demo.fields import UNKNOWN, of_bridge, of_channel, whole_number
from ajam.demo.office import PARKING_SECONDS
from ajam.demo.requests import Action
from ajam.privileges import TRUE_WORDS

ORIGINATE_TIMEOUT = "30000"  # milliseconds
CALLER_ID = re.compile(r'^\s*"?(.*?)"?\s*<([^<>]*)>\s*$')  # "Ann <b>" <101>
REASON_ANSWERED, REASON_NO_ANSWER = 4, 3


def _channel(request, missing="No channel specified", unknown="No such channel"):
    """The channel that the request names; None after answering that there is none."""
    name = request.get("Channel")
    channel = request.machine.switch.channels.get(name)
    if not channel:
        request.fail(missing if not name else unknown)
    return channel


# -- Originate

def _originate(request):
    string = request.get("Channel")
    timeout = whole_number(request.get("Timeout") or ORIGINATE_TIMEOUT)
    if not string:
        return request.fail("Channel not specified")
    if timeout is None:
        return request.fail("Invalid timeout")
    if "/" not in string:
        return request.fail("Invalid channel")
    if not request.get("Application") and not _destination_exists(request):
        return request.fail("Extension does not exist.")
    tell = _answer_at_once(request) if request.get("Async").lower() in TRUE_WORDS else _answer_later(request)
    if not can_call(string):
        return tell(None)

    def answered(channel):
        tell(channel)
        _go_on(request, channel)

    request.machine.dialplan.originate(
        string, timeout / 1000, _caller_id(request.get("CallerID")), _variables(request), answered,
        lambda: tell(None))


def _destination_exists(request):
    return request.machine.dialplan.has(*_target(request))


def _target(request):
    """(context, exten, priority) as the request has them; 0 for a priority that is none."""
    return request.get("Context"), request.get("Exten"), whole_number(request.get("Priority"), 0)


def _answer_later(request):
    """What to call with the channel that answered, or None: it answers the action, which waits until then."""
    def tell(channel):
        if channel:
            request.succeed("Originate successfully queued")
        else:
            request.fail("Originate failed")

    return tell


def _answer_at_once(request):
    """The same for an asynchronous action: OriginateResponse tells."""
    request.succeed("Originate successfully queued")
    keys = ("Application", "Data") if request.get("Application") else ("Context", "Exten")

    def tell(channel):
        caller = channel.caller if channel else (UNKNOWN, UNKNOWN)
        request.announce("OriginateResponse", (
            ("Response", "Success" if channel else "Failure"),
            ("Channel", channel.name if channel else request.get("Channel")),
            *((key, request.get(key)) for key in keys),
            ("Reason", REASON_ANSWERED if channel else REASON_NO_ANSWER),
            ("Uniqueid", channel.uniqueid if channel else UNKNOWN),
            ("CallerIDNum", caller[0]), ("CallerIDName", caller[1])))

    return tell


def _go_on(request, channel):
    plan = request.machine.dialplan
    if request.get("Application"):
        plan.execute(channel, request.get("Application"), request.get("Data"))
    else:
        plan.start(channel, _target(request))


def _caller_id(text):
    """(number, name) of `"Ann" <101>` or `101`; None of ""."""
    found = CALLER_ID.match(text)
    if found:
        return found.group(2), found.group(1) or UNKNOWN
    return (text, UNKNOWN) if text else None


def _variables(request):
    """The variables of all `Variable` headers; one header may hold several, `A=1,B=2`."""
    items = (item.partition("=") for text in request.all("Variable") for item in text.split(","))
    return {name: value for name, equals, value in items if equals}


# -- ending and moving calls

def _hangup(request):
    pattern = request.get("Channel")
    if len(pattern) > 2 and pattern.startswith("/") and pattern.endswith("/"):
        return _hangup_matching(request, pattern[1:-1])
    channel = _channel(request)
    if channel:
        request.succeed("Channel Hungup")
        request.machine.switch.hang_up(channel, whole_number(request.get("Cause"), 0))


def _hangup_matching(request, pattern):
    try:
        expression = re.compile(pattern)
    except re.error:
        return request.fail("Regex compile error")
    switch = request.machine.switch
    found = [channel for name, channel in switch.channels.items() if expression.search(name)]
    request.list("Channels hung up will follow", [("ChannelHungup", (("Channel", c.name),)) for c in found],
                 "ChannelsHungupListComplete")
    for channel in found:
        switch.hang_up(channel, whole_number(request.get("Cause"), 0))


def _place(request):
    """The _target of the request; None after answering that a part is missing."""
    for name in ("Context", "Exten", "Priority"):
        if not request.get(name):
            request.fail(name + " not specified")
            return None
    if not whole_number(request.get("Priority")):
        request.fail("Priority is invalid")
        return None
    return _target(request)


def _redirect(request):
    if not request.get("Channel"):
        return request.fail("Channel not specified")
    place = _place(request)
    if not place:
        return
    channels = request.machine.switch.channels
    names = [name for name in dict.fromkeys((request.get("Channel"), request.get("ExtraChannel"))) if name]
    for name in names:
        if name not in channels:
            return request.fail("Channel does not exist: " + name)
    request.succeed("Redirect successful" if len(names) == 1 else "Dual Redirect successful")
    request.machine.dialplan.move([channels[name] for name in names], place)


def _blind_transfer(request):
    channel = _channel(request, unknown="Channel specified does not exist")
    if not channel:
        return
    exten, context = request.get("Exten"), request.get("Context") or channel.context
    if not exten:
        return request.fail("No extension specified")
    bridge, plan = channel.bridge, request.machine.dialplan
    if not bridge or not bridge.basic or not plan.has(context, exten):
        return request.fail("Transfer not permitted" if bridge else "Transfer failed")
    request.succeed("Transfer succeeded")
    partner = next(one for one in bridge.channels if one is not channel)
    request.machine.switch.publish(
        "BlindTransfer", (("Result", "Success"),), of_channel(channel, "Transferer"),
        of_channel(partner, "Transferee"), of_bridge(bridge), (("IsExternal", "Yes"),
        ("Context", context), ("Extension", exten)))
    plan.move([partner], (context, exten, 1))


def _attended_transfer(request):
    channel = _channel(request, unknown="Channel specified does not exist")
    if channel:
        request.fail("No attended transfer feature code found")  # as a 22 whose features.conf sets none


def _park(request):
    name = request.get("Channel")
    channel = _channel(request, "Channel not specified", "Channel does not exist: " + name)
    if not channel:
        return
    seconds = whole_number(request.get("Timeout"), PARKING_SECONDS * 1000) / 1000
    parker = request.get("TimeoutChannel") or request.get("AnnounceChannel") or name
    if request.machine.dialplan.parking.park(channel, seconds, parker.rpartition("-")[0] or parker):
        request.succeed("Park successful")
    else:
        request.fail("Park action failed")


# -- conferences

def _with_participants(request, do):
    """Call do(room, channels) for the room and the participants that the request names."""
    conference, name = request.get("Conference"), request.get("Channel")
    rooms = request.machine.dialplan.conferences.rooms
    if not conference:
        return request.fail("No Conference name provided.")
    if not name:
        return request.fail("No channel name provided.")
    if not rooms:
        return request.fail("No active conferences.")
    if conference not in rooms:
        return request.fail("No Conference by that name found.")
    room = rooms[conference]
    channels = [one for one in room.channels if name in ("all", one.name)]
    if not channels:
        return request.fail("No Channel by that name found in Conference.")
    do(room, channels)


def _confbridge_mute(request):
    _set_muted(request, True, "User muted")


def _confbridge_unmute(request):
    _set_muted(request, False, "User unmuted")


def _set_muted(request, muted, message):
    def change(room, channels):
        request.succeed(message)
        for channel in channels:
            request.machine.dialplan.conferences.mute(channel, room, muted)

    _with_participants(request, change)


def _confbridge_kick(request):
    def kick(room, channels):
        request.succeed("User kicked" if request.get("Channel") != "all" else "All participants kicked")
        for channel in channels:
            request.machine.switch.hang_up(channel)

    _with_participants(request, kick)


CALL_ACTIONS = (
    Action("Atxfer", "call", "Attended transfer.", _attended_transfer),
    Action("BlindTransfer", "call", "Blind transfer channel(s) to the given destination", _blind_transfer),
    Action("ConfbridgeKick", "call", "Kick a Confbridge user.", _confbridge_kick),
    Action("ConfbridgeMute", "call", "Mute a Confbridge user.", _confbridge_mute),
    Action("ConfbridgeUnmute", "call", "Unmute a Confbridge user.", _confbridge_unmute),
    Action("Hangup", "system,call", "Hangup channel.", _hangup),
    Action("Originate", "originate", "Originate a call.", _originate),
    Action("Park", "call", "Park a channel.", _park),
    Action("Redirect", "call", "Redirect (transfer) a call.", _redirect),
)
