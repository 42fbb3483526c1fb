/**
 * Parameters of common actions, for where the PBX tells none: the user may not ask it, or it has no help.
 * As Asterisk 22 has them (its AMI action reference); a * behind those it requires.
 *
 * @typedef {import('./help.js').Parameter} Parameter
 */

const KNOWN = `
AbsoluteTimeout Channel* Timeout*
Atxfer Channel* Exten* Context
BlindTransfer Channel* Context Exten
BridgeInfo BridgeUniqueid*
BridgeKick BridgeUniqueid Channel*
BridgeList BridgeType
Command Command*
ConfbridgeKick Conference* Channel*
ConfbridgeList Conference*
ConfbridgeMute Conference* Channel*
ConfbridgeUnmute Conference* Channel*
CoreShowChannelMap Channel*
DBDel Family* Key*
DBGet Family* Key*
DBPut Family* Key* Val
Events EventMask*
ExtensionState Exten* Context*
Filter Operation Filter MatchCriteria
GetConfig Filename* Category Filter
Getvar Channel Variable*
Hangup Channel* Cause
Login Username* Secret AuthType Key Events
MailboxCount Mailbox*
MailboxStatus Mailbox*
Originate Channel* Exten Context Priority Application Data Timeout CallerID Variable Account EarlyMedia Async Codecs ChannelId OtherChannelId PreDialGoSub
Park Channel* TimeoutChannel AnnounceChannel Timeout Parkinglot
ParkedCalls ParkingLot
PJSIPShowEndpoint Endpoint*
PlayDTMF Channel* Digit* Duration Receive
QueueAdd Queue* Interface* Penalty Paused MemberName StateInterface
QueuePause Interface* Paused* Queue Reason
QueuePenalty Interface* Penalty* Queue
QueueRemove Queue* Interface*
QueueStatus Queue Member
QueueSummary Queue
Redirect Channel* ExtraChannel Exten* ExtraExten Context* ExtraContext Priority* ExtraPriority
SendText Channel* Message*
Setvar Channel Variable* Value*
ShowDialPlan Extension Context
Status Channel Variables AllVariables
UserEvent UserEvent*
WaitEvent Timeout
`.trim().split('\n').map((line) => line.split(' '));

const BY_NAME = new Map(KNOWN.map(([action, ...names]) => [action.toLowerCase(), names]));

/**
 * The parameters of an action as they are known here; [] where it is not.
 * @param {string} action
 * @returns {Parameter[]}
 */
export function knownParameters(action) {
  const names = BY_NAME.get(action.toLowerCase()) ?? [];
  return names.map((name) => ({name: name.replace('*', ''), required: name.endsWith('*'), help: '', choices: []}));
}

// Actions that change nothing, so that asking them again for each form does no harm.
const READING = new RegExp('^(Ping|ListCommands|Agents|Status|Challenge|BridgeInfo|BridgeTechnologyList|CoreSettings'
  + '|CoreStatus|DBGet|DBGetTree|ExtensionState|PresenceState|FAXStats|FAXSessions?|GetConfig(JSON)?|ListCategories'
  + '|IAXnetstats|IAXpeers|IAXregistry|SIPpeers|SIPpeerstatus|Mailbox(Count|Status)|ModuleCheck|MWIGet'
  + '|ParkedCalls|Parkinglots|Queues|QueueRule|QueueStatus|QueueSummary|ShowDialPlan|SorceryMemoryCacheStats'
  + '|\\w*(List|ListRooms|Peerlist)|\\w*[a-z]Show[A-Z]\\w*|(SIP|IAX)show\\w*)$', 'i');
const READING_COMMAND = /^\s*((\w+\s+)?show\b|\w+\s+show\b|help\b)/i;

/**
 * True when an action is known to change nothing. One that is not known counts as changing something.
 * @param {[string, string][]} pairs  the action as it is sent
 */
export function isReading(pairs) {
  const value = (wanted) => pairs.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
  if (/^command$/i.test(value('action'))) return READING_COMMAND.test(value('command'));
  return READING.test(value('action'));
}
