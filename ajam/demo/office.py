"""The office that the demo PBX serves: its phones, queues, lamps and dialplan, as tables.

Extensions 100 to 500 do what the same numbers do on the Asterisk that the tests are held against.
Some names are awkward on purpose: whatever shows them has to cope with accents and markup.
"""

VERSION = "22.10.1"
AMI_VERSION = "11.0.0"

PHONES = {  # phone, which is its extension too: the name it shows
    "101": "Ann Archer",
    "102": "Bob O'Hara",
    "103": "Chloé Dubois",
    "104": "R&D <lab>",
    "105": "Eve Ngata",
    "106": "Front desk",
}
TRUNK = "provider"  # where calls from outside come in

QUEUES = (  # name, strategy, ((interface, penalty, name), ...)
    ("support", "ringall", (("PJSIP/103", 0, "Chloé Dubois"), ("PJSIP/104", 1, "R&D <lab>"))),
    ("sales", "rrmemory", (("PJSIP/105", 0, "Eve Ngata"),)),
)

MAILBOXES = {"101@default": (0, 2, 1), "102@default": (1, 0, 4)}  # urgent, new and old messages

PARKING_SPACES = range(701, 721)
PARKING_SECONDS = 45

DIALPLAN = {  # (context, extension): ((application, data), ...)
    ("default", "100"): (("Answer", ""), ("Wait", "3600")),
    ("default", "200"): (("Answer", ""), ("Wait", "2"), ("Hangup", "")),
    ("default", "300"): (("Answer", ""), ("UserEvent", "Hello,Name: <b>\"World\"</b> & 'co'"), ("Wait", "1")),
    ("default", "400"): (("Answer", ""), ("ConfBridge", "room")),
    ("default", "500"): (("Answer", ""), ("Queue", "support")),
    ("default", "501"): (("Answer", ""), ("Queue", "sales")),
    ("default", "600"): (("Answer", ""), ("Echo", "")),
    ("default", "700"): (("Answer", ""), ("Park", "")),
    **{("default", phone): (("Dial", "PJSIP/%s,20" % phone), ("Hangup", "")) for phone in PHONES},
    **{("park-dial", "PJSIP_" + phone): (("Dial", "PJSIP/%s,30" % phone),) for phone in PHONES},
    **{("default", str(space)): (("ParkedCall", "default,%d" % space),) for space in PARKING_SPACES},
}

HINTS = {phone: "PJSIP/" + phone for phone in PHONES}  # extension in `default`: the device its lamp shows
