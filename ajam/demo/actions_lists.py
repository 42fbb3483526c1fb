"""Actions that answer with a list (reference.md 3.5)."""

from ajam.demo.actions_manager import read_variable
from ajam.demo.console import hours
from ajam.demo.dialplan import extension_status
from ajam.demo.fields import of_bridge, of_channel
from ajam.demo.office import HINTS, PHONES
from ajam.demo.requests import Action

DEVICE_STATES = {
    "NOT_INUSE": "Not in use",
    "INUSE": "In use",
    "RINGING": "Ringing",
    "RINGINUSE": "Ring+Inuse",
}


def _seconds(request, since):
    return int(request.machine.timeline.now - since)


# -- channels and bridges

def _core_show_channels(request):
    channels = [("CoreShowChannel", of_channel(c) + (
        ("Application", c.application or ""), ("ApplicationData", c.data or ""),
        ("Duration", hours(_seconds(request, c.created))),
        ("BridgeId", c.bridge.uniqueid if c.bridge else ""),
    )) for c in request.machine.switch.channels.values()]
    request.list("Channels will follow", channels, "CoreShowChannelsComplete")


def _status(request):
    channels = request.machine.switch.channels
    name = request.get("Channel")
    if name and name not in channels:
        return request.fail("No such channel")
    shown = [channels[name]] if name else list(channels.values())
    wanted = [variable for variable in request.get("Variables").split(",") if variable]
    items = [("Status", _status_fields(request, channel) + tuple(
        ("Variable", _assignment(channel, variable)) for variable in wanted)) for channel in shown]
    request.list("Channel status will follow", items, "StatusComplete", ("Items", len(items)), id_last=True)


def _assignment(channel, variable):
    value = read_variable(channel, variable)
    return "%s=%s" % (variable, "(null)" if value is None else value)


def _status_fields(request, channel):
    return (("Privilege", "Call"),) + of_channel(channel) + (
        ("Type", channel.name.partition("/")[0]), ("DNID", ""),
        ("EffectiveConnectedLineNum", channel.connected[0]),
        ("EffectiveConnectedLineName", channel.connected[1]),
        ("TimeToHangup", 0), ("BridgeID", channel.bridge.uniqueid if channel.bridge else ""),
        ("Application", channel.application or ""), ("Data", channel.data or ""), ("Nativeformats", "(ulaw)"),
        ("Readformat", "ulaw"), ("Readtrans", ""), ("Writeformat", "ulaw"), ("Writetrans", ""),
        ("Callgroup", 0), ("Pickupgroup", 0), ("Seconds", _seconds(request, channel.created)),
    )


def _bridge_list(request):
    request.list("Bridge listing will follow",
                 [("BridgeListItem", of_bridge(bridge)) for bridge in request.machine.switch.bridges],
                 "BridgeListComplete")


def _bridge_info(request):
    uniqueid = request.get("BridgeUniqueid")
    if not uniqueid:
        return request.fail("BridgeUniqueid must be provided")
    for bridge in request.machine.switch.bridges:
        if bridge.uniqueid == uniqueid:
            return request.list("Bridge channel listing will follow",
                                [("BridgeInfoChannel", of_channel(c)) for c in bridge.channels],
                                "BridgeInfoComplete", *of_bridge(bridge))
    request.fail("Specified BridgeUniqueid not found")


# -- conferences and parking

def _confbridge_list_rooms(request):
    rooms = request.machine.dialplan.conferences.rooms
    if not rooms:
        return request.fail("No active conferences.")
    request.list("Confbridge conferences will follow", [("ConfbridgeListRooms", (
        ("Conference", room.name), ("Parties", len(room.channels)), ("Marked", 0), ("Locked", "No"),
        ("Muted", "No"),
    )) for room in rooms.values()], "ConfbridgeListRoomsComplete")


def _confbridge_list(request):
    rooms, name = request.machine.dialplan.conferences.rooms, request.get("Conference")
    if not name:
        return request.fail("No Conference name provided.")
    if name not in rooms:
        return request.fail("No Conference by that name found." if rooms else "No active conferences.")
    room = rooms[name]
    request.list("Confbridge user list will follow", [("ConfbridgeList", (
        ("Conference", name), ("Admin", "No"), ("MarkedUser", "No"), ("WaitMarked", "No"),
        ("EndMarked", "No"), ("EndMarkedAny", "No"), ("Waiting", "No"),
        ("Muted", "Yes" if room.muted[channel] else "No"),
        ("Talking", "No"), ("AnsweredTime", _seconds(request, room.joined[channel])),
    ) + of_channel(channel)) for channel in room.channels], "ConfbridgeListComplete")


def _parked_calls(request):
    lot = request.machine.dialplan.parking
    items = [("ParkedCall", lot.fields(parked)) for _, parked in sorted(lot.calls.items())]
    request.list(
        "Parked calls will follow", items, "ParkedCallsComplete", ("Total", len(items)), id_last=True)


# -- queues

def _queues(request):
    wanted = request.get("Queue")
    return [queue for queue in request.machine.dialplan.queues.values() if wanted in ("", queue.name)]


def _queue_status(request):
    items = []
    for queue in _queues(request):
        items.append(("QueueParams", (
            ("Queue", queue.name), ("Max", 0), ("Strategy", queue.strategy), ("Calls", len(queue.entries)),
            ("Holdtime", queue.hold_time), ("TalkTime", queue.talk_time), ("Completed", queue.completed),
            ("Abandoned", queue.abandoned), ("ServiceLevel", 0), ("ServicelevelPerf", "0.0"),
            ("ServicelevelPerf2", "0.0"), ("Weight", 0))))
        items.extend(("QueueMember", (
            ("Queue", queue.name), ("Name", member.name), ("Location", member.interface),
        ) + queue.member_fields(member) + (("Wrapuptime", 0),))
            for member in queue.members if request.get("Member") in ("", member.interface))
        items.extend(("QueueEntry", (
            ("Queue", queue.name), ("Position", position), ("Channel", entry.channel.name),
            ("Uniqueid", entry.channel.uniqueid)) + of_channel(entry.channel)[3:7] + (
            ("Wait", queue.waited(entry)), ("Priority", 0)))
            for position, entry in enumerate(queue.entries, 1))
    request.list("Queue status will follow", items, "QueueStatusComplete", id_last=True)


def _queue_summary(request):
    request.list("Queue summary will follow", [("QueueSummary", (
        ("Queue", queue.name), ("LoggedIn", len(queue.members)), ("Available", len(queue.free_members())),
        ("Callers", len(queue.entries)), ("HoldTime", queue.hold_time), ("TalkTime", queue.talk_time),
        ("LongestHoldTime", max(map(queue.waited, queue.entries), default=0)),
    )) for queue in _queues(request)], "QueueSummaryComplete", id_last=True)


# -- phones and lamps

def _device_state_list(request):
    states = dict.fromkeys(HINTS.values(), "NOT_INUSE")
    states.update(request.machine.switch.devices)
    request.list("Device State Changes will follow", [("DeviceStateChange", (
        ("Device", device), ("State", state),
    )) for device, state in states.items()], "DeviceStateListComplete")


def _extension_state_list(request):
    request.list("Extension Statuses will follow",
                 [("ExtensionStatus", extension_status(exten, request.machine.switch.busyness(device)))
                  for exten, device in HINTS.items()], "ExtensionStateListComplete")


def _contact(phone):
    return "sip:%s@192.0.2.%s:5060" % (phone, phone)


def _pjsip_endpoints(request):
    switch = request.machine.switch
    request.list("A listing of Endpoints follows, presented as EndpointList events", [("EndpointList", (
        ("ObjectType", "endpoint"), ("ObjectName", phone), ("Transport", ""), ("Aor", phone),
        ("Auths", phone), ("OutboundAuths", ""), ("Contacts", "%s/%s," % (phone, _contact(phone))),
        ("DeviceState", DEVICE_STATES[switch.busyness("PJSIP/" + phone)]),
        ("ActiveChannels", sum(c.device == "PJSIP/" + phone for c in switch.channels.values())),
    )) for phone in PHONES], "EndpointListComplete")


def _pjsip_contacts(request):
    expires = int(request.machine.timeline.wall) + 3600
    request.list("A listing of Contacts follows, presented as ContactList events", [("ContactList", (
        ("ObjectType", "contact"), ("ObjectName", "%s;@%s" % (phone, phone)), ("ViaAddr", "192.0.2." + phone),
        ("QualifyTimeout", "3.000000"), ("Qualify2xxOnly", "false"), ("CallId", "demo-" + phone),
        ("RegServer", ""), ("PruneOnBoot", "no"), ("Path", ""), ("Endpoint", phone), ("ViaPort", 5060),
        ("AuthenticateQualify", "no"), ("Uri", _contact(phone)), ("QualifyFrequency", 0),
        ("UserAgent", "Demo phone"), ("ExpirationTime", expires), ("OutboundProxy", ""),
        ("Status", "NonQualified"), ("RoundtripUsec", "N/A"),
    )) for phone in PHONES], "ContactListComplete")


LIST_ACTIONS = (
    Action("BridgeInfo", "", "Get information about a bridge.", _bridge_info),
    Action("BridgeList", "", "Get a list of bridges in the system.", _bridge_list),
    Action("ConfbridgeList", "reporting", "List participants in a conference.", _confbridge_list),
    Action("ConfbridgeListRooms", "reporting", "List active conferences.", _confbridge_list_rooms),
    Action("CoreShowChannels", "system,reporting", "List currently active channels.", _core_show_channels),
    Action("DeviceStateList", "call,reporting", "List the current known device states.", _device_state_list),
    Action("ExtensionStateList", "call,reporting", "List the current known extension states.",
           _extension_state_list),
    Action("ParkedCalls", "call", "List parked calls.", _parked_calls),
    Action("PJSIPShowContacts", "system", "Lists PJSIP Contacts.", _pjsip_contacts),
    Action("PJSIPShowEndpoints", "system", "Lists PJSIP endpoints.", _pjsip_endpoints),
    Action("QueueStatus", "", "Show queue status.", _queue_status),
    Action("QueueSummary", "", "Show queue summary.", _queue_summary),
    Action("Status", "system,call,reporting", "List channel status.", _status),
)
