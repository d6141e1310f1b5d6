import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, test } from 'node:test'
import { Fault } from '../lib/fault.ts'
import { createPrompt, refusingPrompt } from './prompt.ts'

/** A stream that takes itself for a terminal. */
function createTerminal() {
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    isRaw: false,
    setRawMode(isRaw: boolean) {
      input.isRaw = isRaw
    },
  })
  let shown = ''
  const prompt = createPrompt(
    input as unknown as NodeJS.ReadStream,
    (text) => {
      shown += text
    },
    { OC_PASS: 'x' },
  )
  return { input, prompt, shown: () => shown }
}

type Terminal = ReturnType<typeof createTerminal>

const WATCHED = ['data', 'close', 'end']
/** Listeners that a stream has of itself. */
const OWN_LISTENERS = countListeners(new PassThrough())

function countListeners(stream: PassThrough): number {
  return WATCHED.reduce((sum, event) => sum + stream.listenerCount(event), 0)
}

function assertLeftAlone({ input, shown }: Terminal): void {
  assert.equal(input.isRaw, false)
  assert.equal(countListeners(input), OWN_LISTENERS)
  assert.equal(shown(), 'Password: \n')
}

const TYPED: readonly (readonly [what: string, keys: readonly (string | Buffer)[], text: string])[] = [
  ['a line', ['opensesame\r'], 'opensesame'],
  ['a line with a line feed', ['opensesame\n'], 'opensesame'],
  ['key by key', [...'open', '\r'], 'open'],
  ['nothing', ['\r'], ''],
  ['backspace', ['opem\u007fn\bn\r'], 'open'],
  ['backspace over a character of two units', ['a😀\u007fb\r'], 'ab'],
  ['backspace on nothing', ['\u007fa\r'], 'a'],
  ['Ctrl-U', ['wrong\u0015open\r'], 'open'],
  ['Ctrl-D behind some text', ['open\u0004'], 'open'],
  ['arrow and function keys', ['op\u001b[D\u001b[3~\u001bOPen\r'], 'open'],
  ['other control keys', ['op\u0001\u0000en\r'], 'open'],
  ['a character in two pieces', [Buffer.from([0xc3]), Buffer.from([0xa4]), '\r'], 'ä'],
  ['spaces', [' open sesame \r'], ' open sesame '],
  ['more than one line', ['first\rsecond\r'], 'first'],
]

describe('a secret is read without echo', () => {
  for (const [what, keys, text] of TYPED) {
    test(what, async () => {
      const terminal = createTerminal()
      const answer = terminal.prompt.secret('Password: ')
      assert.equal(terminal.input.isRaw, true)
      for (const key of keys) terminal.input.write(key)
      assert.equal(await answer, text)
      assertLeftAlone(terminal)
    })
  }

  test('twice in a row', async () => {
    const { input, prompt } = createTerminal()
    const first = prompt.secret('Password: ')
    input.write('one\r')
    assert.equal(await first, 'one')
    const second = prompt.secret('Password again: ')
    input.write('two\r')
    assert.equal(await second, 'two')
  })
})

describe('a question can be left', () => {
  for (const [what, keys] of [
    ['Ctrl-C', 'half\u0003'],
    ['Ctrl-D on nothing', '\u0004'],
  ] as const) {
    test(what, async () => {
      const terminal = createTerminal()
      const answer = terminal.prompt.secret('Password: ')
      terminal.input.write(keys)
      await assert.rejects(answer, (error) => error instanceof Fault && /^Interrupted/.test(error.message))
      assertLeftAlone(terminal)
    })
  }

  test('the terminal goes away', async () => {
    for (const leave of ['end', 'destroy'] as const) {
      const { input, prompt } = createTerminal()
      const answer = prompt.secret('Password: ')
      input[leave]()
      await assert.rejects(answer, (error) => error instanceof Fault && /^Interrupted/.test(error.message))
    }
  })
})

describe('nobody to ask', () => {
  const namesTheWay = (error: unknown): boolean =>
    error instanceof Fault && error.kind === 'bad-request' && /OC_PASS.*--password-from-env/.test(error.message)

  test('without a terminal the message names the other way, and nothing is read', async () => {
    const input = new PassThrough()
    let shown = ''
    const prompt = createPrompt(
      input as unknown as NodeJS.ReadStream,
      (text) => {
        shown += text
      },
      {},
    )
    await assert.rejects(prompt.secret('Password: '), namesTheWay)
    assert.equal(shown, '')
    assert.equal(input.listenerCount('data'), 0)
  })

  test('a prompt that may not ask still knows the environment', async () => {
    const prompt = refusingPrompt({ OC_PASS: 'x' })
    await assert.rejects(prompt.secret('Password: '), namesTheWay)
    assert.equal(prompt.env['OC_PASS'], 'x')
  })
})
