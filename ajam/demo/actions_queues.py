"""Actions that change who takes the calls of a queue."""

from ajam.demo.fields import whole_number
from ajam.demo.requests import Action
from ajam.privileges import TRUE_WORDS


def _add(request):
    for name in ("Queue", "Interface"):
        if not request.get(name):
            return request.fail("'%s' not specified." % name)
    queue = request.machine.dialplan.queues.get(request.get("Queue"))
    if not queue:
        return request.fail("Unable to add interface to queue: No such queue")
    interface = request.get("Interface")
    if queue.member(interface):
        return request.fail("Unable to add interface: Already there")
    request.succeed("Added interface to queue")
    queue.add(interface, whole_number(request.get("Penalty"), 0), request.get("MemberName"),
              request.get("Paused").lower() in TRUE_WORDS)


def _remove(request):
    interface = request.get("Interface")
    if not request.get("Queue") or not interface:
        return request.fail("Need 'Queue' and 'Interface' parameters.")
    queue = request.machine.dialplan.queues.get(request.get("Queue"))
    if not queue:
        return request.fail("Unable to remove interface from queue: No such queue")
    member = queue.member(interface)
    if not member:
        return request.fail("Unable to remove interface: Not there")
    request.succeed("Removed interface from queue")
    queue.remove(member)


def _pause(request):
    interface, paused = request.get("Interface"), request.get("Paused")
    if not interface or not paused:
        return request.fail("Need 'Interface' and 'Paused' parameters.")
    wanted = request.get("Queue")
    members = [(queue, queue.member(interface)) for queue in request.machine.dialplan.queues.values()
               if queue.member(interface) and wanted in ("", queue.name)]
    if not members:
        return request.fail("Interface not found")
    pausing = paused.lower() in TRUE_WORDS
    request.succeed("Interface paused successfully" if pausing else "Interface unpaused successfully")
    for queue, member in members:
        queue.pause(member, pausing, request.get("Reason"))


QUEUE_ACTIONS = (
    Action("QueueAdd", "agent", "Add interface to queue.", _add),
    Action("QueuePause", "agent", "Makes a queue member temporarily unavailable.", _pause),
    Action("QueueRemove", "agent", "Remove interface from queue.", _remove),
)
