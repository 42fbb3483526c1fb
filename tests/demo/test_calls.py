"""Calls of the demo, event by event, in the order in which a real 22 told of the same."""

import pytest

TEST_STATES = ("DeviceStateChange", "ExtensionStatus", "QueueMemberStatus")  # told by threads of their own


def story(bench):
    """The events since last asked: (name, which phone, what matters), without device states."""
    lines = []
    for event in bench.watcher.events():
        fields = dict(event)
        if fields["Event"] not in TEST_STATES:
            who = " ".join(fields[key].rpartition("/")[2].partition("-")[0] for key in (
                "Channel", "DestChannel", "ParkeeChannel", "TransfererChannel") if key in fields)
            what = next((fields[key] for key in ("DialStatus", "AppData", "Cause", "Reason", "RingTime",
            "Exten")
                         if key in fields and (key != "Exten" or fields["Event"] == "BlindTransfer")), "")
            lines.append(" ".join(filter(None, (fields["Event"], who, what))))
    return lines


def test_an_originated_call_rings_is_answered_and_goes_on_to_ring_another(bench):
    assert bench.originate(Context="default", Exten="102", Priority="1", CallerID="Ann <101>") == {
        "Response": "Success", "Message": "Originate successfully queued"}
    assert story(bench) == [
        "Newchannel 101", "Newexten 101 (Outgoing Line)", "NewCallerid 101", "NewConnectedLine 101",
        "DialBegin 101", "Newstate 101", "DialState 101 RINGING"]
    bench.pass_time(2)
    assert story(bench) == [
        "Newstate 101", "DialEnd 101 ANSWER", "OriginateResponse 101 4", "Newexten 101 PJSIP/102,20",
        "Newchannel 102", "Newexten 102 (Outgoing Line)", "NewConnectedLine 102", "DialBegin 101 102",
        "Newstate 102", "NewConnectedLine 101", "DialState 101 102 RINGING"]
    bench.pass_time(2)
    assert story(bench) == [
        "Newstate 102", "DialEnd 101 102 ANSWER", "BridgeCreate", "Newexten 102 (Outgoing Line)",
        "BridgeEnter 102",
        "BridgeEnter 101"]


def test_hanging_up_one_of_two_ends_both(bench):
    caller, called = bench.call()
    assert bench.act("Hangup", Channel=called) == {"Response": "Success", "Message": "Channel Hungup"}
    assert story(bench) == [
        "BridgeLeave 102", "BridgeLeave 101", "BridgeDestroy", "SoftHangupRequest 101 16", "Hangup 101 16",
        "Hangup 102 16"]
    assert bench.channels() == []


def test_the_cause_of_a_hangup_is_the_channels_own(bench):
    caller, called = bench.call()
    bench.act("Hangup", Channel=caller, Cause="17")
    assert story(bench)[-2:] == ["Hangup 101 17", "Hangup 102 16"]


def test_a_caller_who_hangs_up_while_it_rings_cancels_the_dialling(bench):
    bench.originate(Context="default", Exten="102", Priority="1")
    bench.pass_time(2)
    story(bench)
    bench.act("Hangup", Channel=bench.channels()[0])
    assert story(bench) == [
        "DialEnd 101 102 CANCEL", "SoftHangupRequest 101 16", "Hangup 101 0", "Hangup 102 16"]


def test_a_refused_call_goes_on_in_the_dialplan(bench):
    bench.originate(Context="default", Exten="102", Priority="1")
    bench.pass_time(2)
    story(bench)
    bench.act("Hangup", Channel=bench.channels()[1])
    assert story(bench) == [
        "DialEnd 101 102 NOANSWER", "Hangup 102 0", "Newexten 101", "SoftHangupRequest 101 16",
        "Hangup 101 16"]


def test_an_originate_that_nobody_answers_in_time_fails(bench):
    bench.originate(Application="Wait", Data="1", Timeout="1500")
    story(bench)
    bench.pass_time(1.5)
    assert story(bench) == ["DialEnd 101 NOANSWER", "Hangup 101 0", "OriginateResponse 101 3"]


def test_an_originated_application_ends_the_call_when_it_is_over(bench):
    bench.originate(Application="Wait", Data="3")
    bench.pass_time(2)
    story(bench)
    bench.pass_time(3)
    assert story(bench) == ["Hangup 101 16"]


def test_variables_of_an_originate_are_the_channels(bench):
    bench.originate(Application="Wait", Data="3", Variable="A=1,B=x y")
    assert bench.act("Getvar", Channel=bench.channels()[0], Variable="B") == {
        "Response": "Success", "Variable": "B", "Value": "x y"}


def test_a_redirected_channel_leaves_its_partner_behind(bench):
    caller, called = bench.call()
    assert bench.act("Redirect", Channel=caller, Context="default", Exten="200", Priority="1") == {
        "Response": "Success", "Message": "Redirect successful"}
    bench.pass_time(2)
    assert story(bench) == [
        "BridgeLeave 101", "BridgeLeave 102", "BridgeDestroy", "Hangup 102 16", "Newexten 101",
        "Newexten 101 2",
        "Newexten 101", "SoftHangupRequest 101 16", "Hangup 101 16"]


def test_both_of_a_call_can_be_redirected(bench):
    caller, called = bench.call()
    place = {"Context": "default", "Exten": "400", "Priority": "1"}
    assert bench.act("Redirect", Channel=caller, ExtraChannel=called, **place) == {
        "Response": "Success", "Message": "Dual Redirect successful"}
    assert bench.act("ConfbridgeListRooms")["Response"] == "Success"
    assert "Parties: 2" in bench.answered[1]


def test_a_blind_transfer_sends_the_partner_on(bench):
    caller, called = bench.call()
    assert bench.act("BlindTransfer", Channel=caller, Context="default", Exten="100") == {
        "Response": "Success", "Message": "Transfer succeeded"}
    assert story(bench) == [
        "BlindTransfer 101", "BridgeLeave 102", "BridgeLeave 101", "BridgeDestroy",
        "SoftHangupRequest 101 16",
        "Hangup 101 16", "Newexten 102", "Newexten 102 3600"]


# -- parking

def test_a_parked_call_can_be_fetched(bench):
    caller, called = bench.call()
    assert bench.act("Park", Channel=called, TimeoutChannel=caller) == {
        "Response": "Success", "Message": "Park successful"}
    assert story(bench) == [
        "BridgeCreate", "BridgeLeave 102", "BridgeLeave 101", "BridgeDestroy", "BridgeEnter 102",
        "ParkedCall 102",
        "SoftHangupRequest 101 16", "Hangup 101 16"]
    bench.act("ParkedCalls")
    assert "ParkingSpace: 701\r\nParkingTimeout: 45\r\nParkingDuration: 0" in bench.answered[1]
    bench.originate("PJSIP/105", Application="ParkedCall", Data="default,701")
    story(bench)
    bench.pass_time(2)
    assert story(bench)[3:] == [
        "UnParkedCall 102", "BridgeCreate", "BridgeLeave 102", "BridgeEnter 102", "BridgeEnter 105",
        "NewConnectedLine 105"]
    bench.act("ParkedCalls")
    assert len(bench.answered) == 2


def test_a_parked_call_that_nobody_fetches_goes_back_to_who_parked_it(bench):
    caller, called = bench.call()
    bench.act("Park", Channel=called, TimeoutChannel=caller, Timeout="3000")
    story(bench)
    bench.pass_time(3)
    assert story(bench)[:4] == [
        "ParkedCallTimeOut 102", "BridgeLeave 102", "Newexten 102 PJSIP/101,30", "Newchannel 101"]


def test_a_parked_caller_may_give_up(bench):
    caller, called = bench.call()
    bench.act("Park", Channel=called)
    story(bench)
    bench.act("Hangup", Channel=called)
    assert story(bench) == ["ParkedCallGiveUp 102", "BridgeLeave 102", "Hangup 102 16"]


# -- queues

def queue_up(bench):
    """101 waits in `sales`, whose only member is 105."""
    bench.originate(Application="Queue", Data="sales")
    story(bench)
    bench.pass_time(2)


def test_a_queued_call_is_offered_to_a_member_and_counted(bench):
    queue_up(bench)
    assert story(bench)[2:] == [
        "OriginateResponse 101 4", "QueueCallerJoin 101", "Newchannel 105",
        "Newexten 105 (Outgoing Line)", "NewConnectedLine 105", "AgentCalled 101 105", "DialBegin 101 105",
        "Newstate 105", "NewConnectedLine 101", "DialState 101 105 RINGING"]
    bench.pass_time(2)
    assert story(bench) == [
        "Newstate 105", "DialEnd 101 105 ANSWER", "QueueCallerLeave 101", "AgentConnect 101 105 2",
        "BridgeCreate",
        "Newexten 105 (Outgoing Line)", "BridgeEnter 105", "BridgeEnter 101"]
    bench.act("Hangup", Channel=bench.channels()[1])
    assert story(bench) == [
        "BridgeLeave 105", "AgentComplete 101 105 agent", "BridgeLeave 101", "BridgeDestroy", "Hangup 101 16",
        "Hangup 105 16"]
    bench.act("QueueStatus", Queue="sales")
    assert "Completed: 1" in bench.answered[1] and "CallsTaken: 1" in bench.answered[2]


def test_a_caller_who_leaves_a_queue_has_abandoned_it(bench):
    queue_up(bench)
    story(bench)
    bench.act("Hangup", Channel=bench.channels()[0])
    assert story(bench) == [
        "DialEnd 101 105 CANCEL", "QueueCallerAbandon 101", "QueueCallerLeave 101", "Hangup 101 0",
        "Hangup 105 16"]


def test_a_caller_waits_while_the_member_is_paused(bench):
    bench.act("QueuePause", Interface="PJSIP/105", Paused="true", Reason="tea")
    queue_up(bench)
    bench.act("QueueStatus", Queue="sales")
    assert "Position: 1\r\nChannel: PJSIP/101-00000000" in bench.answered[3]
    bench.act("QueuePause", Interface="PJSIP/105", Paused="false")
    story(bench)
    bench.pass_time(5)
    assert story(bench)[0] == "Newchannel 105"


def test_a_member_may_be_a_local_channel(bench):
    bench.act("QueueRemove", Queue="sales", Interface="PJSIP/105")
    bench.act("QueueAdd", Queue="sales", Interface="Local/200@default", MemberName="Ann")
    queue_up(bench)
    assert "AgentConnect 101 200@default 0" in story(bench)
    bench.pass_time(2)
    assert bench.channels() == []


# -- conferences

@pytest.fixture
def meeting(bench):
    for phone in ("101", "102"):
        bench.originate("PJSIP/" + phone, Context="default", Exten="400", Priority="1")
    bench.pass_time(2)
    story(bench)
    return bench.channels()


def test_a_participant_can_be_muted_and_kicked(bench, meeting):
    room = {"Conference": "room", "Channel": meeting[0]}
    assert bench.act("ConfbridgeMute", **room)["Message"] == "User muted"
    bench.act("ConfbridgeList", Conference="room")
    assert "Muted: Yes" in bench.answered[1] and "Muted: No" in bench.answered[2]
    assert bench.act("ConfbridgeUnmute", **room)["Message"] == "User unmuted"
    assert bench.act("ConfbridgeKick", **room)["Message"] == "User kicked"
    assert story(bench) == [
        "ConfbridgeMute 101", "ConfbridgeUnmute 101", "ConfbridgeLeave 101", "BridgeLeave 101",
        "SoftHangupRequest 101 16", "Hangup 101 16"]


def test_a_room_ends_with_its_last_participant(bench, meeting):
    bench.act("ConfbridgeKick", Conference="room", Channel="all")
    assert story(bench)[-5:] == [
        "BridgeLeave 102", "ConfbridgeEnd", "BridgeDestroy", "SoftHangupRequest 102 16", "Hangup 102 16"]
    assert bench.act("ConfbridgeListRooms")["Message"] == "No active conferences."
