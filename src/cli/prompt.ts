import type { ReadStream } from 'node:tty'
import { Fault } from '../lib/fault.ts'
import type { CommandPrompt } from './command.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const BACKSPACE = new Set(['\u007f', '\b'])

/** Asks on the terminal without showing what is typed. */
export function createPrompt(
  input: NodeJS.ReadStream,
  show: (text: string) => void,
  env: CommandPrompt['env'],
): CommandPrompt {
  return {
    env,
    async secret(question) {
      if (!input.isTTY) {
        throw new Fault(
          'bad-request',
          'There is no terminal to ask on. Put the password into OC_PASS and add --password-from-env',
        )
      }
      show(question)
      try {
        return await readHidden(input)
      } finally {
        show('\n')
      }
    },
  }
}

function readHidden(input: ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const stop = (): void => {
      input.setRawMode(false)
      input.pause()
      input.off('data', read)
    }
    const read = (data: Buffer): void => {
      for (const char of data.toString('utf8')) {
        if (char === '\r' || char === '\n' || char === CTRL_D) {
          stop()
          resolve(text)
          return
        }
        if (char === CTRL_C) {
          stop()
          reject(new Fault('conflict', 'Interrupted. Nothing was changed'))
          return
        }
        text = BACKSPACE.has(char) ? [...text].slice(0, -1).join('') : text + char
      }
    }
    input.setRawMode(true)
    input.resume()
    input.on('data', read)
  })
}
