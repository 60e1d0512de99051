import type { KeyObject } from 'node:crypto';

import type { KeyRing } from '../domain/key-ring.ts';
import type { NotifyRule } from '../domain/notification-rules.ts';
import type { Policy } from '../domain/policy.ts';
import type { RuleBook } from '../domain/rule-book.ts';
import type { SensorFaultRules } from '../domain/sensor-states.ts';
import type { TagPolicy } from '../domain/tags.ts';
import type { Conversion } from '../domain/units.ts';

/** Where readings come from. Column and table names are identifiers, validated before they are quoted. */
export interface SourceSettings {
  /** One to three parts, separated by dots. */
  readonly table: string;
  readonly columns: { readonly equipment: string; readonly timestamp: string; readonly status: string | null };
  readonly shape:
    | { readonly kind: 'wide'; /** signal name → column */ readonly signals: Readonly<Record<string, string>> }
    | {
        readonly kind: 'long';
        readonly signalColumn: string;
        readonly valueColumn: string;
        /** signal name → the row's type */ readonly signals: Readonly<Record<string, string>>;
      };
  /** Lower case; a null status is usable when the list holds 'null'. */
  readonly usableStatus: readonly string[];
  readonly equipment: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  /** Values outside are rejected as out of range; per signal, in the signal's unit. */
  readonly physicalLimits: Readonly<Record<string, { readonly min: number; readonly max: number }>>;
  /** Signals that are stored in another unit than they are used in. */
  readonly units: Readonly<Record<string, Conversion>>;
  /** How the times in the table are spelled; numbers count from 1970 in UTC. */
  readonly timestampFormat: 'native' | 'iso' | 'epochSeconds' | 'epochMillis';
  /** The IANA zone of times without an offset; every name of UTC is 'UTC' here. */
  readonly timeZone: string;
  /** The column with the time at which a row was stored; null where the table has none. */
  readonly arrivalColumn: string | null;
  readonly latenessSeconds: number;
  readonly maxAgeSeconds: number;
  readonly firstLookbackSeconds: number;
}

export interface PlantSettings {
  readonly kind: 'simulator' | 'advisory';
  readonly timeoutSeconds: number;
  readonly readBackSeconds: number;
  readonly tolerancePercent: number;
  readonly simulatorPath: string;
  readonly simulatorLatencySeconds: number;
}

export interface EmbeddedDatabase {
  readonly kind: 'embedded';
  /** Absolute path of the SQLite file. */
  readonly path: string;
}

/** Who logs in to a workspace. Secrets are no texts: what prints or serialises one shows nothing of it. `from` names the place, for remedies. */
export type Credential =
  | { readonly kind: 'token'; readonly secret: KeyObject; readonly from: string }
  | { readonly kind: 'token_file'; /** Absolute. */ readonly path: string; readonly from: string }
  /** A service principal, by OAuth. */
  | { readonly kind: 'client'; readonly clientId: string; readonly secret: KeyObject; readonly from: string };

/** A SQL warehouse of a workspace. */
export interface WarehouseDatabase {
  readonly kind: 'databricks';
  /** A name or an IP address; no scheme. */
  readonly host: string;
  readonly port: number;
  readonly httpPath: string;
  /** Null: the warehouse's default. */
  readonly catalog: string | null;
  readonly schema: string | null;
  readonly credential: Credential;
  /** Absolute path of a PEM file. */
  readonly caFile: string | null;
  readonly statementTimeoutSeconds: number;
  readonly wakeSeconds: number;
}

/** Where the readings are, as far as it takes no look at any database. A catalog or a schema is null where it is the warehouse's default. */
export type ReadingsPlace =
  | { readonly kind: 'store'; readonly table: string }
  | {
      readonly kind: 'warehouse';
      readonly table: string;
      readonly catalog: string | null;
      readonly schema: string | null;
      /** What names it, in words; null: it is the store's. */
      readonly workspace: string | null;
    }
  | { readonly kind: 'file' };

/** Where the tables are, known without a login to any workspace. */
export interface TablePlaces {
  readonly agentId: string;
  /** Null: in a file. */
  readonly store: { readonly catalog: string | null; readonly schema: string | null } | null;
  readonly readings: ReadingsPlace;
}

export type DatabaseSettings = EmbeddedDatabase | WarehouseDatabase;

export type StoreSettings = DatabaseSettings & { readonly leaseSeconds: number };

export interface RetrySettings {
  /** Tries after the first. */
  readonly attempts: number;
  /** The base of attempt n's delay, baseSeconds · 2^n. */
  readonly baseSeconds: number;
}

/** A secret that is known, or why it is not: what needs it fails with that, and everything else goes on. */
export type Secret = { readonly secret: KeyObject } | { /** In words, with the remedy; repeats no secret. */ readonly problem: string };

/** A receiver of HTTP requests. Its address is a secret: whoever has that of Slack or Teams may write there. */
export interface WebhookChannel {
  readonly kind: 'webhook' | 'slack' | 'teams';
  readonly name: string;
  readonly url: Secret;
  /** What requests are signed with; null: they are not. */
  readonly signing: Secret | null;
}

export interface MailChannel {
  readonly kind: 'email';
  readonly name: string;
  readonly from: string;
  readonly to: readonly string[];
}

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly security: 'starttls' | 'tls' | 'none';
  /** Null: without a login. */
  readonly user: string | null;
  readonly password: Secret;
  /** Absolute path of a PEM file. */
  readonly caFile: string | null;
}

/** Who is told of what. */
export interface NotifySettings {
  readonly channels: readonly (WebhookChannel | MailChannel)[];
  readonly rules: readonly NotifyRule[];
  /** Null: no server for e-mail is named. */
  readonly smtp: SmtpSettings | null;
  /** How long the same about the same is not told again. */
  readonly quietMinutes: number;
  /** For one try. */
  readonly timeoutSeconds: number;
  /** For all tries after one cycle. */
  readonly deliverySeconds: number;
}

/** What a run works with: checked whole, every default filled in, paths absolute. */
export interface Settings {
  readonly agentId: string;
  /** For the log's first line: the file's path, or '(defaults)'. */
  readonly origin: string;
  readonly store: StoreSettings;
  /** Where the readings are; null: in the store. */
  readonly sourceDatabase: DatabaseSettings | null;
  readonly source: SourceSettings;
  readonly rules: RuleBook;
  readonly sensorFaults: SensorFaultRules;
  /** SHA-256 of the rules in force, those about sensors included, hex. */
  readonly rulesHash: string;
  readonly tags: TagPolicy;
  readonly policy: Policy;
  readonly plant: PlantSettings;
  /** From the environment alone; no key of the configuration. */
  readonly signingKeys: KeyRing;
  readonly poll: { readonly intervalSeconds: number };
  readonly retry: RetrySettings;
  readonly notify: NotifySettings;
  readonly logging: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly format: 'text' | 'json' };
}
