import type { Json } from '../lib/json.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  readonly summary: string
  /** Name of the value in the help: `--quota SIZE`. */
  readonly value?: string
}

export interface CommandInput {
  /** Positional arguments by their name; a trailing `...` name takes the rest as `rest`. */
  readonly args: Readonly<Record<string, string>>
  readonly rest: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
}

export interface CommandOutput {
  /** A line for people; not printed with `--output=json`. */
  line(text: string): void
  /** The result for programs, printed with `--output=json` or `json_pretty`; else `lines` (or `line`s) are for people. */
  result(value: Json, lines?: readonly string[]): void
  /** How far long work is, on standard error; not with `--output=json`. */
  progress(text: string): void
  /** A warning on standard error. */
  warn(text: string): void
}

export interface CommandPrompt {
  /** Asks without echo. Throws Fault `bad-request` when there is no terminal. */
  secret(question: string): Promise<string>
  /** Environment variables, for `OC_PASS` and the like. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** One command. `occ`'s names where it has them. Exit codes come from `cli/exit-code.ts`. */
export interface Command {
  /** `user:add` */
  readonly name: string
  readonly summary: string
  /** In order; `name?` is optional, `name...` takes the rest. */
  readonly args?: readonly { readonly name: string; readonly summary: string }[]
  readonly options?: Readonly<Record<string, OptionSpec>>
  /** Whole lines as they would be typed, for the help. */
  readonly examples?: readonly string[]
  run(input: CommandInput, out: CommandOutput, prompt: CommandPrompt): Promise<void>
}
