import { type Fault, toFault } from '../lib/fault.ts'
import type { Command, CommandPrompt } from './command.ts'
import { EXIT_CODE } from './exit-code.ts'
import { helpForCommand } from './help.ts'
import { createOutput, type Streams, writeJson } from './output.ts'
import { type OutputForm, parseCommand } from './parse.ts'

export interface RunIo extends Streams {
  readonly prompt: CommandPrompt
  /** Whether the trace of an error of the program is shown. */
  readonly showsTraces: boolean
}

/** Runs one command and gives its exit code. */
export async function runCommand(command: Command, argv: readonly string[], io: RunIo): Promise<number> {
  let form: OutputForm = 'plain'
  try {
    const { input, output, wantsHelp } = parseCommand(command, argv)
    form = output
    if (wantsHelp) {
      io.out(helpForCommand(command))
      return 0
    }
    await command.run(input, createOutput(output, io), io.prompt)
    return 0
  } catch (error) {
    return reportFault(error, form, io)
  }
}

/** Says what went wrong in one clear line, or a line for each wrong setting, and gives the exit code. */
export function reportFault(error: unknown, form: OutputForm, io: RunIo): number {
  const fault = toFault(error)
  const message =
    fault.kind === 'internal'
      ? 'Something went wrong inside Cloudlet. CLOUDLET_LOG_LEVEL=debug shows where'
      : fault.message || 'Refused'
  if (form === 'plain') io.err(`Error: ${message}\n`)
  else io.err(`${writeJson({ error: { kind: fault.kind, message } }, form)}\n`)
  if (io.showsTraces) io.err(`${traceOf(fault)}\n`)
  return EXIT_CODE[fault.kind]
}

function traceOf(fault: Fault): string {
  const cause = fault.cause instanceof Error ? fault.cause : fault
  return cause.stack ?? String(cause)
}
