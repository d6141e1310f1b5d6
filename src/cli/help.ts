import type { Command, OptionSpec } from './command.ts'
import { COMMON_OPTIONS } from './parse.ts'

/** The list of all commands, by the word before the colon. */
export function helpForAll(commands: readonly Command[], version: string): string {
  const groups = Map.groupBy(
    commands.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ({ name }) => (name.includes(':') ? (name.split(':')[0] ?? '') : ''),
  )
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2
  const lines = [`Cloudlet ${version}`, '', 'Usage: cloudlet COMMAND [ARGUMENTS] [OPTIONS]', '']
  for (const [group, members] of [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (group !== '') lines.push(group)
    for (const { name, summary } of members) lines.push(`  ${name.padEnd(width)}${summary}`)
  }
  lines.push('', 'cloudlet COMMAND --help explains a command.')
  return `${lines.join('\n')}\n`
}

export function helpForCommand(command: Command): string {
  const usage = (command.args ?? []).map(({ name }) => argumentUsage(name)).join(' ')
  const lines = [command.summary, '', `Usage: cloudlet ${command.name} ${usage}${usage === '' ? '' : ' '}[OPTIONS]`]
  if (command.args !== undefined && command.args.length > 0) {
    lines.push('', 'Arguments')
    for (const { name, summary } of command.args) lines.push(`  ${argumentUsage(name).padEnd(24)}${summary}`)
  }
  lines.push('', 'Options')
  for (const [name, spec] of Object.entries({ ...command.options, ...COMMON_OPTIONS })) {
    lines.push(`  ${optionUsage(name, spec).padEnd(24)}${spec.summary}`)
  }
  return `${lines.join('\n')}\n`
}

function argumentUsage(name: string): string {
  if (name.endsWith('...')) return `${name.slice(0, -3).toUpperCase()}...`
  return name.endsWith('?') ? `[${name.slice(0, -1).toUpperCase()}]` : name.toUpperCase()
}

function optionUsage(name: string, { short, value }: OptionSpec): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
}
