import type { Command, OptionSpec } from './command.ts'
import { COMMON_OPTIONS } from './parse.ts'

const WIDTH = 80

/** The list of all commands, by the word before the colon. At most 80 columns wide. */
export function helpForAll(commands: readonly Command[], version: string): string {
  const groups = Map.groupBy(
    commands.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ({ name }) => (name.includes(':') ? (name.split(':')[0] ?? '') : ''),
  )
  const column = Math.max(0, ...commands.map(({ name }) => name.length)) + 4
  const lines = [`Cloudlet ${version}`, '', 'Usage: cloudlet COMMAND [ARGUMENTS] [OPTIONS]', '']
  for (const [group, members] of [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (group !== '') lines.push(group)
    for (const { name, summary } of members) lines.push(...entry(name, summary, column))
  }
  lines.push('', 'cloudlet COMMAND --help explains a command.')
  return `${lines.join('\n')}\n`
}

const COLUMN = 26

/** What one command does, takes and accepts. At most 80 columns wide, but for examples, which stay on their line. */
export function helpForCommand(command: Command): string {
  const { name, summary, args = [], options = {}, examples = [] } = command
  const usage = ['cloudlet', name, ...args.map((arg) => argumentUsage(arg.name)), '[OPTIONS]'].join(' ')
  const lines = [...wrapped(summary, WIDTH), '', ...hanging('Usage: ', wrapped(usage, WIDTH - 7))]
  if (args.length > 0) {
    lines.push('', 'Arguments')
    for (const arg of args) lines.push(...entry(argumentUsage(arg.name), arg.summary, COLUMN))
  }
  lines.push('', 'Options')
  for (const [option, spec] of Object.entries({ ...options, ...COMMON_OPTIONS })) {
    lines.push(...entry(optionUsage(option, spec), optionSummary(spec), COLUMN))
  }
  if (examples.length > 0) lines.push('', 'Examples', ...examples.map((example) => `  ${example}`))
  return `${lines.join('\n')}\n`
}

/** A name with its explanation in a column of its own; below the name when that is too long. */
function entry(name: string, text: string, column: number): string[] {
  const lines = wrapped(text, WIDTH - column)
  const first = `  ${name}`
  if (first.length > column - 2) return [first, ...hanging(' '.repeat(column), lines)]
  return hanging(first.padEnd(column), lines)
}

/** The first line behind `start`, the others as far in. */
function hanging(start: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${index === 0 ? start : ' '.repeat(start.length)}${line}`)
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}

function argumentUsage(name: string): string {
  if (name.endsWith('...')) return `[${name.slice(0, -3).toUpperCase()}...]`
  return name.endsWith('?') ? `[${name.slice(0, -1).toUpperCase()}]` : name.toUpperCase()
}

function optionUsage(name: string, { type, short, value = 'VALUE' }: OptionSpec): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${type === 'string' ? ` ${value}` : ''}`
}

function optionSummary({ summary, multiple }: OptionSpec): string {
  return multiple === true ? `${summary}. May be given several times` : summary
}
