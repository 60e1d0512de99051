import { type Command, Option } from 'commander';

import { AgentError } from '../../domain/errors.ts';
import type { AuditAcceptOptions } from '../commands/audit-accept.ts';
import type { AuditExportOptions } from '../commands/audit-export.ts';
import type { AuditVerifyOptions } from '../commands/audit-verify.ts';
import type { PruneOptions } from '../commands/prune.ts';
import { LIMIT } from '../option-values.ts';
import { documented, type Launch } from './launch.ts';

/** The audit as evidence, and the end of what is too old. */
export function defineAudit(program: Command, launch: Launch): void {
  const audit = program.command('audit').description('check that the audit is what was once written, or copy it elsewhere');
  documented(audit, { examples: ['ops-agent audit verify', 'ops-agent audit export --since 30d --output audit.jsonl'] });
  defineVerify(audit, launch);
  defineAccept(audit, launch);
  defineExport(audit, launch);
  definePrune(program, launch);
}

function defineVerify(audit: Command, launch: Launch): void {
  const verify = audit
    .command('verify')
    .description('read the whole audit and name every row that was changed, inserted or moved, and where rows are missing')
    .option('--head <seq:hash>', 'this row must be there with this hash: a head that was noted down earlier')
    .option(...LIMIT)
    .option('--json', 'print one JSON object')
    .action((options: AuditVerifyOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/audit-verify.ts')).run(context, options), { graceful: true }),
    );
  documented(verify, {
    examples: [
      'ops-agent audit verify',
      'ops-agent audit verify --head 1234:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --json',
    ],
    exits: ['0  sound', '8  it has findings'],
  });
}

function defineAccept(audit: Command, launch: Launch): void {
  const accept = audit
    .command('accept')
    .description('answer for what verify found, by name and on record: only exactly that is no finding any more')
    .requiredOption('--findings <id>', 'which findings, as verify names them', findingsId)
    .option('--by <name>', 'who; on a terminal the login is the default')
    .option('--reason <text>', 'how it came, and why it is no harm')
    .option('--json', 'print one JSON object')
    .action((options: AuditAcceptOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/audit-accept.ts')).run(context, options), { graceful: true }),
    );
  documented(accept, {
    examples: ["ops-agent audit accept --findings 9f86d081884c7d65 --by operator_john --reason 'written by the version before'"],
    exits: [
      '0  accepted, or there is nothing to accept',
      '2  no reason, no key although the audit is signed, the tables of another agent, or more than 1000 findings',
      "4  the agent's own name",
      '5  the findings are not those that were seen',
    ],
  });
}

/** An option that stands where the id should would be taken for it, and what follows that for an argument too many. */
function findingsId(text: string): string {
  if (!text.startsWith('-')) return text;
  throw new AgentError('usage', '--findings needs the id that audit verify printed', 'for instance --findings 9f86d081884c7d65');
}

function defineExport(audit: Command, launch: Launch): void {
  const exporting = audit
    .command('export')
    .description('print every row with every column, each chain in its order')
    .addOption(new Option('--format <format>', 'JSON Lines, or CSV that a spreadsheet may open (default: jsonl)').choices(['jsonl', 'csv']))
    .option('--since <time>', 'only rows since then: how long ago, or an ISO time with its zone')
    .option('--output <file>', 'into this file, which is written whole or not at all')
    .action((options: AuditExportOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/audit-export.ts')).run(context, options), { graceful: true }),
    );
  documented(exporting, {
    examples: ['ops-agent audit export > audit.jsonl', 'ops-agent audit export --format csv --since 30d --output audit.csv'],
    exits: ['2  the file, or stdout, cannot be written'],
  });
}

function definePrune(program: Command, launch: Launch): void {
  const prune = program
    .command('prune')
    .description('take away what ended long ago: the beginning of the audit, recommendations with their commands, work orders, sessions')
    .requiredOption('--keep <duration>', 'what was touched within this time stays; at least 30d')
    .option('--by <name>', 'who; on a terminal the login is the default')
    .option('--dry-run', 'say what would go and change nothing')
    .option('--wait <duration>', 'wait so long for a cycle that holds the lease')
    .option('--json', 'print one JSON object')
    .action((options: PruneOptions, command: Command) =>
      launch(command, async (context) => (await import('../commands/prune.ts')).run(context, options), { graceful: true }),
    );
  documented(prune, {
    examples: ['ops-agent prune --keep 400d --by operator_john --dry-run', 'ops-agent prune --keep 400d --by operator_john'],
    exits: [
      '0  done, also where nothing could go',
      '2  --keep is less than has to stay, or the audit is signed and there is no key',
      "4  the agent's own name",
      '5  a cycle holds the lease, or took it; or other rows went than were planned',
      '8  the audit is not sound: nothing was taken away',
    ],
  });
}
