/**
 * What becomes of a command that does not pass. `waits`: it stays pending. `returned`: claimed and not sent, it is pending again.
 * `cancelled` and `failed` are ends.
 */
export type CheckEffect = 'waits' | 'cancelled' | 'returned' | 'failed';

export interface PreCheck {
  /** What is asked; checks of one subject stand together. */
  readonly subject: string;
  /** What must be so. */
  readonly asks: string;
  /** Before the command is claimed; null where that cannot be known yet. */
  readonly beforeClaim: CheckEffect | null;
  /** At the last moment before it is sent; null where what was asked before the claim cannot change any more. */
  readonly beforeSending: 'returned' | 'failed' | null;
  /** True where somebody from outside is answerable: the event is `refused`. */
  readonly isForeign?: true;
  /** What the operator reads, with … for names and values. */
  readonly says: string;
}

/**
 * Everything that stands between a command and the plant, in the order in which it is asked: the code of agent_commands.failure_code and of
 * the events, and what it means. docs/safety.md is made from this table, and no check has a code that is not in it.
 */
export const PRE_CHECKS = {
  no_valid_approval: {
    subject: 'approval',
    asks: 'an accepted approval stands behind the command: its recommendation is executing',
    beforeClaim: 'failed',
    beforeSending: null,
    isForeign: true,
    says: 'no valid approval stands behind this command',
  },
  replayed: {
    subject: 'approval',
    asks: 'the audit does not know the command as sent or ended',
    beforeClaim: 'failed',
    beforeSending: null,
    isForeign: true,
    says: 'the audit says that this command was … already',
  },
  ticket_mismatch: {
    subject: 'ticket',
    asks: 'every column of the command equals the approved ticket on record, and the ticket has a value',
    beforeClaim: 'failed',
    beforeSending: 'failed',
    isForeign: true,
    says: 'the command differs from the approved ticket in …',
  },
  signature_invalid: {
    subject: 'ticket',
    asks: 'with signing keys, the command bears a signature of one of them over its columns and the ticket',
    beforeClaim: 'failed',
    beforeSending: 'failed',
    isForeign: true,
    says: 'the command bears no valid signature (…)',
  },
  other_ticket: {
    subject: 'ticket',
    asks: 'the approval on record is of the hash of this very ticket',
    beforeClaim: 'failed',
    beforeSending: 'failed',
    isForeign: true,
    says: 'the approval on record is of another ticket',
  },
  approval_expired: {
    subject: 'approval',
    asks: 'the approval has not ended',
    beforeClaim: 'cancelled',
    beforeSending: 'returned',
    says: 'the approval ended at …',
  },
  too_late: {
    subject: 'time',
    asks: '`not_after`, which the claim has set, has not passed',
    beforeClaim: null,
    beforeSending: 'returned',
    says: 'the time in which it may be sent has passed',
  },
  stopping: {
    subject: 'time',
    asks: 'the agent has not been told to stop',
    beforeClaim: 'waits',
    beforeSending: 'returned',
    says: 'the agent is stopping',
  },
  lease_ends: {
    subject: 'time',
    asks: "enough of the lease is left for the plant's time-out, by the monotonic clock since it was asked for",
    beforeClaim: 'waits',
    beforeSending: 'returned',
    says: 'the lease runs out',
  },
  control: {
    subject: 'controls',
    asks: 'no control is in force over the equipment, read again when older than 2 s; before the claim `advisory` waits, `out_of_service` and `shelved` cancel',
    beforeClaim: 'cancelled',
    beforeSending: 'returned',
    says: '… (…) by …: …',
  },
  controls_unreadable: {
    subject: 'controls',
    asks: 'the controls can be read',
    beforeClaim: null,
    beforeSending: 'returned',
    says: 'the controls cannot be read',
  },
  condition_cleared: {
    subject: 'condition',
    asks: 'the condition still holds',
    beforeClaim: 'cancelled',
    beforeSending: 'returned',
    says: 'the condition cleared before the action was taken',
  },
  condition_unknown: {
    subject: 'condition',
    asks: 'a fresh reading of a trusted sensor says so',
    beforeClaim: 'waits',
    beforeSending: 'returned',
    says: 'no fresh reading shows that the condition holds',
  },
  sequence_waits: {
    subject: 'sequence',
    asks: 'every earlier step was executed and read back',
    beforeClaim: null,
    beforeSending: 'returned',
    says: 'an earlier step of the sequence has not ended yet',
  },
  equipment_busy: {
    subject: 'sequence',
    asks: 'no command of another recommendation for the equipment is under way',
    beforeClaim: 'waits',
    beforeSending: 'returned',
    says: 'another command for … is under way',
  },
  rate_limit: {
    subject: 'rate limit',
    asks: 'fewer than `policy.maxWritesPerMinute` writes went to the plant within the last minute',
    beforeClaim: 'waits',
    beforeSending: 'returned',
    says: 'the limit of … writes a minute is reached, the next may be sent in 60 s at the latest',
  },
  tag_invalid: {
    subject: 'tag',
    asks: 'the tag is an absolute path without relative or reserved parts',
    beforeClaim: null,
    beforeSending: 'failed',
    says: "tag path '…' is not an absolute [provider]Folder/Tag",
  },
  tag_denied: {
    subject: 'tag',
    asks: 'no pattern of the deny list matches it, whatever allows it',
    beforeClaim: null,
    beforeSending: 'failed',
    says: "tag '…' is on the deny list",
  },
  tag_not_allowed: {
    subject: 'tag',
    asks: 'it is on the allow list',
    beforeClaim: null,
    beforeSending: 'failed',
    says: "tag '…' is not on the allow list",
  },
  plant_silent: {
    subject: 'live value',
    asks: 'the plant answers',
    beforeClaim: 'waits',
    beforeSending: 'returned',
    says: 'the plant does not answer',
  },
  not_readable: {
    subject: 'live value',
    asks: 'the tag has a live value of good quality',
    beforeClaim: null,
    beforeSending: 'returned',
    says: "the live value of '…' cannot be read",
  },
  wrong_type: {
    subject: 'limits',
    asks: 'the value is of the type of the tag',
    beforeClaim: null,
    beforeSending: 'failed',
    says: "… is not a … for '…'",
  },
  out_of_limits: {
    subject: 'limits',
    asks: 'it is within minimum and maximum; a value outside is never clamped',
    beforeClaim: null,
    beforeSending: 'failed',
    says: "… is outside … to … of '…'",
  },
  wrong_direction: {
    subject: 'direction',
    asks: 'the tag may be moved that way; a tag that is at the value or beyond it needs no write, so that a decrease never raises',
    beforeClaim: null,
    beforeSending: 'failed',
    says: "'…' may only …",
  },
  step_too_large: {
    subject: 'step',
    asks: 'the step from the live value is not larger than allowed',
    beforeClaim: null,
    beforeSending: 'failed',
    says: 'the step from … to … is larger than …',
  },
  drifted: {
    subject: 'drift',
    asks: 'a value that was made from a live value still fits the live value of now',
    beforeClaim: null,
    beforeSending: 'failed',
    says: "'…' moved from … to … since it was approved",
  },
  permissive_not_readable: {
    subject: 'permissives',
    asks: 'every permissive can be read with good quality',
    beforeClaim: null,
    beforeSending: 'returned',
    says: "'…' must be … and cannot be read",
  },
  permissive_not_met: {
    subject: 'permissives',
    asks: 'every permissive is met',
    beforeClaim: null,
    beforeSending: 'returned',
    says: "'…' must be … and is …",
  },
} as const satisfies Readonly<Record<string, PreCheck>>;

/** How a command ends, or goes on, once its request has left for the plant; and what that means for the rest of its sequence. */
export const SENDING_RESULTS = {
  not_sent: { becomes: 'pending', means: 'nothing left this process; it may be sent later', rest: 'given back' },
  plant_refused: { becomes: 'failed', means: 'the plant said no and changed nothing', rest: 'cancelled (`sequence_stopped`)' },
  read_back_mismatch: {
    becomes: 'failed',
    means: 'the plant took it and says another value after `plant.readBackSeconds`',
    rest: 'cancelled (`sequence_stopped`)',
  },
  not_confirmed: {
    becomes: 'failed',
    means: 'its outcome was unknown, and the tag does not show the value once nothing can arrive any more',
    rest: 'cancelled (`sequence_stopped`)',
  },
} as const;

export type PreCheckCode = keyof typeof PRE_CHECKS;

/** The codes that can stop a command at the last moment. */
export type SendingCode = {
  [Code in PreCheckCode]: (typeof PRE_CHECKS)[Code]['beforeSending'] extends null ? never : Code;
}[PreCheckCode];

/** Why a command is not sent, and what becomes of it. */
export interface Stop {
  readonly kind: 'refuse' | 'return';
  readonly code: SendingCode;
  readonly reason: string;
}

/** Codes whose sentence names nothing and is whole as it stands in the table. */
type WholeSentence = {
  [Code in PreCheckCode]: (typeof PRE_CHECKS)[Code]['says'] extends `${string}…${string}` ? never : Code;
}[PreCheckCode];

/** `reason` is the table's sentence with its names and values; only where it has none it is the table's own. */
export function stop(code: SendingCode & WholeSentence): Stop;
export function stop(code: SendingCode, reason: string): Stop;
export function stop(code: SendingCode, reason: string = PRE_CHECKS[code].says): Stop {
  return { kind: PRE_CHECKS[code].beforeSending === 'failed' ? 'refuse' : 'return', code, reason };
}

/** Every code with which a command ends or is given back. */
export type CommandCode = PreCheckCode | keyof typeof SENDING_RESULTS | 'sequence_stopped';

/** Whether a command that ends with this code was refused because of what somebody from outside did. */
export function isForeignCode(code: CommandCode): boolean {
  const checks: Readonly<Record<string, PreCheck>> = PRE_CHECKS;
  return Object.hasOwn(checks, code) && checks[code]?.isForeign === true;
}
