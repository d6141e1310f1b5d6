import type { CommandInput } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'

/** A whole number given to a command. Throws Fault `bad-request`. */
export function countOption(input: CommandInput, name: string, otherwise: number): number {
  const text = input.options[name]
  if (typeof text !== 'string') return otherwise
  const count = Number(text)
  if (text === '' || !Number.isSafeInteger(count) || count < 0) {
    throw new Fault('bad-request', `--${name} must be a whole number`, { reason: 'usage' })
  }
  return count
}
