import { StringDecoder } from 'node:string_decoder'
import type { ReadStream } from 'node:tty'
import { Fault } from '../lib/fault.ts'
import type { CommandPrompt } from './command.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const CTRL_U = '\u0015'
const ENTER = new Set(['\r', '\n'])
const BACKSPACE = new Set(['\u007f', '\b'])

/** What arrow keys and their like send. */
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])/g

/** Asks on the terminal without showing what is typed. */
export function createPrompt(
  input: NodeJS.ReadStream,
  show: (text: string) => void,
  env: CommandPrompt['env'],
): CommandPrompt {
  return {
    env,
    async secret(question) {
      if (!input.isTTY) throw cannotAsk('There is no terminal to ask on')
      show(question)
      try {
        return await readHidden(input)
      } finally {
        show('\n')
      }
    },
  }
}

/** Asks nothing: every question is a Fault `bad-request`. For `--no-interaction`. */
export function refusingPrompt(env: CommandPrompt['env']): CommandPrompt {
  return { env, secret: () => Promise.reject(cannotAsk('A password is needed, and --no-interaction forbids to ask')) }
}

function cannotAsk(problem: string): Fault {
  return new Fault('bad-request', `${problem}. Put the password into OC_PASS and add --password-from-env`, {
    reason: 'usage',
  })
}

function readHidden(input: ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder('utf8')
    let text = ''
    const stop = (): void => {
      input.off('data', read)
      input.off('close', interrupt)
      input.off('end', interrupt)
      if (!input.destroyed) input.setRawMode(false)
      input.pause()
    }
    const interrupt = (): void => {
      stop()
      reject(new Fault('conflict', 'Interrupted. Nothing was changed'))
    }
    const accept = (): void => {
      stop()
      resolve(text)
    }
    const read = (data: Buffer): void => {
      for (const char of decoder.write(data).replace(ESCAPE_SEQUENCE, '')) {
        const end = endOf(char, text === '')
        if (end !== undefined) {
          if (end === 'accept') accept()
          else interrupt()
          return
        }
        text = edited(text, char)
      }
    }
    input.setRawMode(true)
    input.on('data', read)
    input.once('close', interrupt)
    input.once('end', interrupt)
    input.resume()
  })
}

/** Whether a key ends the question, and how. */
function endOf(char: string, isEmpty: boolean): 'accept' | 'interrupt' | undefined {
  if (char === CTRL_C || (char === CTRL_D && isEmpty)) return 'interrupt'
  return ENTER.has(char) || char === CTRL_D ? 'accept' : undefined
}

/** The text after one more key. Control keys without a meaning here change nothing. */
function edited(text: string, char: string): string {
  if (BACKSPACE.has(char)) return [...text].slice(0, -1).join('')
  if (char === CTRL_U) return ''
  return char < ' ' ? text : text + char
}
