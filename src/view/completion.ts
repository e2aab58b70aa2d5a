import type { CommandModel, FlagModel, Slot } from './command-model.js';

/** Prints the names of live services, one a line, and nothing else, whatever happens. */
const SERVICES = 'splitter __complete services 2>/dev/null';

/** A completion script for bash: commands, flags, their words, files and live services. */
export function bashCompletion(commands: readonly CommandModel[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const cases = commands.map((command) => {
    const { name, flags } = command;
    const takes = flags.filter((flag) => flag.takes !== undefined);
    const lists = [
      `      flags='${flags.flatMap(spellings).join(' ')}'`,
      `      takes=' ${takes.flatMap(spellings).join(' ')} '`,
      ...bashValues(takes),
      ...bashSlots(command),
    ];
    return `    ${name})\n${lists.join('\n')}\n      ;;`;
  });
  return `# Completion of splitter for bash.  In ~/.bashrc:  source <(splitter completion bash)
_splitter() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local cmd=\${COMP_WORDS[1]} flags= takes= kind= words= place=0 i
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${names} help --help --version' -- "$cur"))
    return
  fi
  case $cmd in
${cases.join('\n')}
    help) words='${names}' ;;
  esac
  if [[ $kind == none ]]; then return; fi
  if [[ $cur == -* ]]; then words="$flags --help"; kind=; fi
  case $kind in
    service | service-or-file) words=$(${SERVICES}) ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ $kind == file || $kind == service-or-file ]]; then
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$cur"))
    compopt -o filenames 2>/dev/null
  fi
}
# Which argument stands at the cursor: flags and their values are none.
_splitter_place() {
  place=0
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ $takes == *" \${COMP_WORDS[i]} "* ]]; then
      ((i++))
    elif [[ \${COMP_WORDS[i]} != -* ]]; then
      ((place++))
    fi
  done
}
complete -F _splitter splitter
`;
}

function bashValues(takes: readonly FlagModel[]): readonly string[] {
  const arms = takes.map((flag) => `        ${spellings(flag).join(' | ')}) ${bashSlot(flag.slot)} ;;`);
  return arms.length === 0 ? [] : ['      case $prev in', ...arms, '      esac'];
}

function bashSlots({ slots, variadic }: CommandModel): readonly string[] {
  if (slots.length === 0) return [];
  const arms = slots.map((slot, i) => {
    const last = variadic && i === slots.length - 1;
    return `          ${last ? '*' : i}) ${bashSlot(slot)} ;;`;
  });
  return [
    '      if [[ -z $kind$words ]]; then',
    '        _splitter_place',
    '        case $place in',
    ...arms,
    '        esac',
    '      fi',
  ];
}

function bashSlot(slot: Slot): string {
  if (slot.kind === 'words') return `words='${slot.words.join(' ')}'`;
  return `kind=${slot.kind === 'other' ? 'none' : slot.kind}`;
}

/** A completion script for zsh, with descriptions. */
export function zshCompletion(commands: readonly CommandModel[]): string {
  const described = commands.map(({ name, summary }) => `    ${zshQuote(`${name}:${summary}`)}`);
  const cases = commands.map(({ name, slots, variadic, flags }) => {
    const specs = [
      ...flags.flatMap(zshFlag),
      ...slots.map((slot, i) => zshQuote(`${variadic && i === slots.length - 1 ? '*' : i + 1}:${zshSlot(slot)}`)),
    ];
    return `    ${name})\n      _arguments ${specs.map((spec) => `\\\n        ${spec}`).join(' ')}\n      ;;`;
  });
  return `#compdef splitter
# Completion of splitter for zsh.  In ~/.zshrc, after compinit:  source <(splitter completion zsh)
_splitter_services() {
  local -a names
  names=(\${(f)"$(${SERVICES})"})
  compadd -- $names
}
_splitter_services_and_files() {
  _splitter_services
  _files
}
_splitter() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe -t commands command commands
    return
  fi
  local cmd=$words[2]
  shift words
  ((CURRENT--))
  case $cmd in
${cases.join('\n')}
  esac
}
compdef _splitter splitter
`;
}

function zshFlag({ long, short, takes, slot, description }: FlagModel): readonly string[] {
  const value = takes === undefined ? '' : `:${zshSlot(slot, takes)}`;
  const text = `[${description.replace(/[[\]:\\]/g, '\\$&')}]${value}`;
  return [long, ...(short === undefined ? [] : [short])].map((spelling) => zshQuote(`${spelling}${text}`));
}

function zshSlot(slot: Slot, name: string = slot.kind): string {
  const label = name.replace(/[:\\]/g, '\\$&');
  switch (slot.kind) {
    case 'words':
      return `${label}:(${slot.words.join(' ')})`;
    case 'service':
      return `${label}:_splitter_services`;
    case 'service-or-file':
      return `${label}:_splitter_services_and_files`;
    case 'file':
      return `${label}:_files`;
    case 'other':
      return `${label}:`;
  }
}

function zshQuote(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

/** A completion script for fish, with descriptions. */
export function fishCompletion(commands: readonly CommandModel[]): string {
  const lines = commands.flatMap(({ name, summary, slots, flags }) => {
    const here = `complete -c splitter -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c splitter -n __fish_use_subcommand -a ${name} -d ${fishQuote(summary)}`,
      ...flags.map(({ long, short, takes, slot, description }) => {
        const spelled = `-l ${long.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`}`;
        return `${here} ${spelled}${takes === undefined ? '' : fishValue(slot)} -d ${fishQuote(description)}`;
      }),
      ...[...new Set(slots.map(fishSlot))].filter((slot) => slot !== '').map((slot) => `${here} ${slot}`),
    ];
  });
  return `# Completion of splitter for fish.  splitter completion fish > ~/.config/fish/completions/splitter.fish
complete -c splitter -f
${lines.join('\n')}
`;
}

function fishValue(slot: Slot): string {
  if (slot.kind === 'words') return ` -x -a ${fishQuote(slot.words.join(' '))}`;
  return slot.kind === 'file' ? ' -r -F' : ' -x';
}

function fishSlot(slot: Slot): string {
  switch (slot.kind) {
    case 'words':
      return `-a ${fishQuote(slot.words.join(' '))}`;
    case 'service':
      return `-a '(${SERVICES})'`;
    case 'service-or-file':
      return `-F -a '(${SERVICES})'`;
    case 'file':
      return '-F';
    case 'other':
      return '';
  }
}

function fishQuote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

function spellings({ long, short }: FlagModel): readonly string[] {
  return short === undefined ? [long] : [short, long];
}
