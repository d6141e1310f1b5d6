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
      if (form === 'plain') streams.out(`${printable(text)}\n`)
    },
    result(value, lines = []) {
      if (form !== 'plain') {
        streams.out(`${writeJson(value, form)}\n`)
        return
      }
      for (const line of lines) streams.out(`${printable(line)}\n`)
    },
    progress(text) {
      if (form === 'plain') streams.err(`${printable(text)}\n`)
    },
    warn(text) {
      streams.err(`Warning: ${printable(text)}\n`)
    },
  }
}

/** Text that cannot steer the terminal: names may hold whatever a client once sent. Line feeds and tabs stay. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** JSON whose control characters are all escaped, also those that JSON would allow. */
export function writeJson(value: Json, form: Exclude<OutputForm, 'plain'>): string {
  const text = form === 'json_pretty' ? JSON.stringify(value, null, 2) : JSON.stringify(value)
  return text.replace(/[\u007f-\u009f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
}
