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
  throw new Fault('bad-request', `There is no command ${JSON.stringify(name)}. ${commandHint(commands, name)}`, {
    reason: 'usage',
  })
}

function commandHint(commands: readonly Command[], name: string): string {
  const names = commands.map((known) => known.name)
  const family = names.filter((known) => known.startsWith(`${name}:`))
  if (family.length > 0) return `There are ${family.toSorted().join(', ')}`
  const meant = nearest(name, names)
  return meant === undefined ? 'cloudlet --help lists them' : `Did you mean ${meant}?`
}

/** Reads what follows the command's name. Throws Fault `bad-request`. */
export function parseCommand(command: Command, argv: readonly string[]): ParsedCommand {
  const specs = { ...command.options, ...COMMON_OPTIONS }
  const { values, positionals } = readOptions(command, specs, argv)
  const wantsHelp = values['help'] === true
  if (wantsHelp) return { input: { args: {}, rest: [], options: values }, output: 'plain', wantsHelp }
  const output = values['output'] ?? 'plain'
  if (!isOutputForm(output)) throw usage(command, '--output must be plain, json or json_pretty')
  return { input: { ...readArguments(command, positionals), options: values }, output, wantsHelp }
}

/** The form that `--output` asks for, read from words that may be wrong in other ways: their error comes in it too. */
export function askedForm(argv: readonly string[]): OutputForm {
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  const at = words.findLastIndex((word) => word === '--output' || word.startsWith('--output='))
  const asked = words[at] === '--output' ? words[at + 1] : words[at]?.slice('--output='.length)
  return isOutputForm(asked) ? asked : 'plain'
}

function isOutputForm(value: unknown): value is OutputForm {
  return value === 'plain' || value === 'json' || value === 'json_pretty'
}

type Specs = Readonly<Record<string, OptionSpec>>
type OptionValues = Record<string, string | boolean | readonly string[] | undefined>

function readOptions(command: Command, specs: Specs, argv: readonly string[]) {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, { type, short, multiple = false }] of Object.entries(specs)) {
    options[name] = { type, multiple, ...(short === undefined ? {} : { short }) }
  }
  // Not strict: what is wrong is found below, to be said in our own words.
  const config = { args: [...argv], options, allowPositionals: true, strict: false, tokens: true } as const
  const { values, positionals, tokens } = parseArgs(config)
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const problem = optionProblem(specs, token)
    if (problem !== undefined) throw usage(command, problem)
  }
  return { values: values as OptionValues, positionals }
}

interface OptionToken {
  readonly name: string
  /** As it was written, with its dashes. */
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function optionProblem(specs: Specs, { name, rawName, value, inlineValue }: OptionToken): string | undefined {
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
  if (spec === undefined) {
    const meant = rawName.startsWith('--') ? nearest(name, Object.keys(specs)) : undefined
    return `Unknown option ${rawName}${meant === undefined ? '' : `; did you mean --${meant}?`}`
  }
  if (spec.type === 'boolean') return value === undefined ? undefined : `${rawName} takes no value`
  if (value === undefined) return `${rawName} needs a value`
  const looksLikeOption = inlineValue !== true && /^-./.test(value)
  return looksLikeOption ? `${rawName} needs a value; one that begins with a dash: --${name}=${value}` : undefined
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
  if (left.length > 0) throw usage(command, `${JSON.stringify(left[0])} is one argument too many`)
  return { args, rest }
}

function usage(command: Command, problem: string): Fault {
  return new Fault('bad-request', `${problem}. See: cloudlet ${command.name} --help`, { reason: 'usage' })
}
