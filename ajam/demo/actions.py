"""All actions of the demo's manager, in one table by lower-case name."""

from ajam.demo.actions_calls import CALL_ACTIONS
from ajam.demo.actions_lists import LIST_ACTIONS
from ajam.demo.actions_manager import MANAGER_ACTIONS
from ajam.demo.actions_queues import QUEUE_ACTIONS

ACTIONS = {
    action.name.lower(): action
    for action in (*MANAGER_ACTIONS, *CALL_ACTIONS, *QUEUE_ACTIONS, *LIST_ACTIONS)
}
