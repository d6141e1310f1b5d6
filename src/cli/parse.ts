import { type ParseArgsConfig, parseArgs } from 'node:util'
import { Fault } from '../lib/fault.ts'
import { nearest } from '../lib/nearest.ts'
import type { Command, CommandInput, OptionSpec } from './command.ts'

export type OutputForm = 'plain' | 'json' | 'json_pretty'

export interface ParsedCommand {
  readonly input: CommandInput
  readonly output: OutputForm
  readonly wantsHelp: boolean
}

/** Options that every command has. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  data: { type: 'string', value: 'FOLDER', summary: 'Data folder (CLOUDLET_DATA)' },
  output: { type: 'string', value: 'FORM', summary: 'plain, json or json_pretty' },
  'no-interaction': { type: 'boolean', short: 'n', summary: 'Ask nothing' },
  help: { type: 'boolean', short: 'h', summary: 'Show this help' },
}

/** Finds a command by its name. Throws Fault `bad-request` with what may have been meant. */
export function findCommand(commands: readonly Command[], name: string): Command {
  const command = commands.find((known) => known.name === name)
  if (command !== undefined) return command
  const meant = nearest(
    name,
    commands.map((known) => known.name),
  )
  const hint = meant === undefined ? 'cloudlet --help lists them' : `Did you mean ${meant}?`
  throw new Fault('bad-request', `There is no command "${name}". ${hint}`)
}

/** Reads what follows the command's name. Throws Fault `bad-request`. */
export function parseCommand(command: Command, argv: readonly string[]): ParsedCommand {
  const specs = { ...command.options, ...COMMON_OPTIONS }
  const { values, positionals } = readOptions(command, specs, argv)
  const output = (values['output'] ?? 'plain') as string
  if (!isOutputForm(output)) throw usage(command, `--output must be plain, json or json_pretty`)
  const wantsHelp = values['help'] === true
  const args = wantsHelp ? { args: {}, rest: [] } : readArguments(command, positionals)
  return { input: { ...args, options: values }, output, wantsHelp }
}

function isOutputForm(text: string): text is OutputForm {
  return text === 'plain' || text === 'json' || text === 'json_pretty'
}

type OptionValues = Record<string, string | boolean | readonly string[] | undefined>

function readOptions(command: Command, specs: Readonly<Record<string, OptionSpec>>, argv: readonly string[]) {
  const options: ParseArgsConfig['options'] = {}
  for (const [name, { type, short, multiple }] of Object.entries(specs)) {
    options[name] = { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) }
  }
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
    return { values: values as OptionValues, positionals }
  } catch (error) {
    const unknown = /Unknown option '(-{1,2}[^']+)'/.exec((error as Error).message)?.[1]
    if (unknown === undefined) throw usage(command, (error as Error).message)
    const meant = nearest(unknown.replace(/^-+/, ''), Object.keys(specs))
    throw usage(command, `Unknown option ${unknown}${meant === undefined ? '' : `; did you mean --${meant}?`}`)
  }
}

function readArguments(command: Command, positionals: readonly string[]): Pick<CommandInput, 'args' | 'rest'> {
  const args: Record<string, string> = {}
  const left = [...positionals]
  let rest: string[] = []
  for (const { name } of command.args ?? []) {
    if (name.endsWith('...')) {
      rest = left.splice(0)
      break
    }
    const value = left.shift()
    if (value !== undefined) args[name.replace(/\?$/, '')] = value
    else if (!name.endsWith('?')) throw usage(command, `The argument ${name.toUpperCase()} is missing`)
  }
  if (left.length > 0) throw usage(command, `"${left[0]}" is one argument too many`)
  return { args, rest }
}

function usage(command: Command, problem: string): Fault {
  return new Fault('bad-request', `${problem}. See: cloudlet ${command.name} --help`)
}
