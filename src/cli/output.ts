import type { Json } from '../lib/json.ts'
import type { CommandOutput } from './command.ts'
import type { OutputForm } from './parse.ts'

/** Where text goes. */
export interface Streams {
  out(text: string): void
  err(text: string): void
}

export function createOutput(form: OutputForm, streams: Streams): CommandOutput {
  return {
    line(text) {
      if (form === 'plain') streams.out(`${text}\n`)
    },
    result(value, lines = []) {
      if (form !== 'plain') {
        streams.out(`${writeJson(value, form)}\n`)
        return
      }
      for (const line of lines) streams.out(`${line}\n`)
    },
    warn(text) {
      streams.err(`Warning: ${text}\n`)
    },
  }
}

export function writeJson(value: Json, form: Exclude<OutputForm, 'plain'>): string {
  return form === 'json_pretty' ? JSON.stringify(value, null, 2) : JSON.stringify(value)
}
