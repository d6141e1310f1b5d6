import { type Fault, toFault } from '../lib/fault.ts'
import type { Command, CommandPrompt } from './command.ts'
import { EXIT_CODE, exitCodeOfRun } from './exit-code.ts'
import { helpForCommand } from './help.ts'
import { createOutput, printable, type Streams, writeJson } from './output.ts'
import { askedForm, type OutputForm, type ParsedCommand, parseCommand } from './parse.ts'
import { refusingPrompt } from './prompt.ts'

export interface RunIo extends Streams {
  readonly prompt: CommandPrompt
  /** Whether the trace of an error of the program is shown. */
  readonly showsTraces: boolean
}

/** Runs one command and gives its exit code. */
export async function runCommand(command: Command, argv: readonly string[], io: RunIo): Promise<number> {
  let parsed: ParsedCommand
  try {
    parsed = parseCommand(command, argv)
  } catch (error) {
    return reportFault(error, askedForm(argv), io)
  }
  const { input, output, wantsHelp } = parsed
  if (wantsHelp) {
    io.out(helpForCommand(command))
    return 0
  }
  const prompt = input.options['no-interaction'] === true ? refusingPrompt(io.prompt.env) : io.prompt
  try {
    await command.run(input, createOutput(output, io), prompt)
    return 0
  } catch (error) {
    reportFault(error, output, io)
    return exitCodeOfRun(toFault(error))
  }
}

/** Says what went wrong in one clear line, or a line for each wrong setting, and gives the exit code of wrong usage. */
export function reportFault(error: unknown, form: OutputForm, io: RunIo): number {
  const fault = toFault(error)
  const message =
    fault.kind === 'internal'
      ? 'Something went wrong inside Cloudlet. CLOUDLET_LOG_LEVEL=debug shows where'
      : fault.message || 'Refused'
  if (form === 'plain') {
    for (const line of message.split('\n')) io.err(`Error: ${printable(line)}\n`)
  } else {
    io.err(`${writeJson({ error: { kind: fault.kind, message } }, form)}\n`)
  }
  if (io.showsTraces) io.err(`${traceOf(fault)}\n`)
  return EXIT_CODE[fault.kind]
}

function traceOf(fault: Fault): string {
  const cause = fault.cause instanceof Error ? fault.cause : fault
  return printable(cause.stack ?? String(cause))
}
