import { assertNever } from '../domain/errors.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** One command with what may follow it. */
export interface Branch {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
  readonly branches: readonly Branch[];
}

/** A completion script. It holds the whole tree, so that completing never starts the program. */
export function scriptFor(shell: Shell, tree: Branch): string {
  switch (shell) {
    case 'bash':
      return bashScript(tree);
    case 'zsh':
      // zsh runs bash completions; the words are the same.
      return `#compdef ops-agent\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(tree)}`;
    case 'fish':
      return fishScript(tree);
    default:
      return assertNever(shell, 'shell');
  }
}

interface Place {
  /** The words of the command, without the program's name. */
  readonly words: readonly string[];
  readonly branch: Branch;
}

function placesOf(branch: Branch, words: readonly string[] = []): readonly Place[] {
  return [{ words, branch }, ...branch.branches.flatMap((sub) => placesOf(sub, [...words, sub.name]))];
}

function bashScript(tree: Branch): string {
  const globals = tree.options.map((option) => option.flag);
  const cases = placesOf(tree).map(({ words, branch }) => {
    const flags = branch === tree ? globals : [...branch.options.map((option) => option.flag), ...globals];
    const following = [...branch.branches.map((sub) => sub.name), ...new Set(flags)].join(' ');
    return `    '${words.join(' ')}') words='${following}' ;;`;
  });
  const known = placesOf(tree).flatMap(({ words }) => (words.length === 0 ? [] : [`'${words.join(' ')}'`]));
  return `_ops_agent() {
  local path='' word next words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in
      ${known.join('|')}) path="$next" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _ops_agent ops-agent`;
}

function fishScript(tree: Branch): string {
  const lines = placesOf(tree).flatMap(({ words, branch }) => {
    const condition = fishCondition(words, branch);
    const subs = branch.branches.map((sub) => `complete -c ops-agent -f -n ${condition} -a ${sub.name} -d ${quoted(sub.description)}`);
    const scope = words.length === 0 ? '' : ` -n ${condition}`;
    const flags = branch.options.map(
      (option) => `complete -c ops-agent${scope} -l ${option.flag.slice(2)} -d ${quoted(option.description)}`,
    );
    return [...subs, ...flags];
  });
  return lines.join('\n');
}

function fishCondition(words: readonly string[], branch: Branch): string {
  if (words.length === 0) return '__fish_use_subcommand';
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
  const subs = branch.branches.map((sub) => sub.name).join(' ');
  return quoted(subs === '' ? seen : `${seen}; and not __fish_seen_subcommand_from ${subs}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
