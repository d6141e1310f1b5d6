import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FAULT_KINDS, Fault, type FaultDetail, type FaultKind } from '../lib/fault.ts'
import type { Command, CommandInput, CommandOutput, CommandPrompt } from './command.ts'
import { EXIT_CODE } from './exit-code.ts'
import { type RunIo, reportFault, runCommand } from './run.ts'

interface Seen {
  readonly io: RunIo
  readonly out: () => string
  readonly err: () => string
}

function watch(showsTraces = false): Seen {
  let out = ''
  let err = ''
  return {
    io: {
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
      prompt: { env: { OC_PASS: 'from the environment' }, secret: async () => 'typed' },
      showsTraces,
    },
    out: () => out,
    err: () => err,
  }
}

type Work = (input: CommandInput, out: CommandOutput, prompt: CommandPrompt) => void | Promise<void>

const commandOf = (work: Work): Command => ({
  name: 'test:it',
  summary: 'Try it',
  args: [{ name: 'word?', summary: 'A word' }],
  run: async (input, out, prompt) => work(input, out, prompt),
})

function failing(error: unknown): Command {
  return commandOf(() => {
    throw error
  })
}

const fault = (kind: FaultKind, detail: FaultDetail = {}): Fault => new Fault(kind, 'Try another way', detail)

describe('a command that works', () => {
  const command = commandOf((input, out) => {
    out.line('Working')
    out.warn('Take care')
    out.result({ word: input.args['word'] ?? null }, [`The word is ${input.args['word']}`])
  })

  for (const [form, printed] of [
    ['plain', 'Working\nThe word is tree\n'],
    ['json', '{"word":"tree"}\n'],
    ['json_pretty', '{\n  "word": "tree"\n}\n'],
  ] as const) {
    test(`prints ${form}, warns on standard error, and ends with 0`, async () => {
      const { io, out, err } = watch()
      assert.equal(await runCommand(command, ['tree', `--output=${form}`], io), 0)
      assert.equal(out(), printed)
      assert.equal(err(), 'Warning: Take care\n')
    })
  }

  test('--help explains and does not run', async () => {
    const { io, out, err } = watch()
    assert.equal(await runCommand(failing(fault('internal')), ['--help'], io), 0)
    assert.match(out(), /^Try it\n\nUsage: cloudlet test:it \[WORD\] \[OPTIONS\]\n/)
    assert.equal(err(), '')
  })

  test('can ask, and read the environment', async () => {
    const { io, out } = watch()
    const asking = commandOf(async (_input, output, prompt) => {
      output.line(`${await prompt.secret('Password: ')} ${prompt.env['OC_PASS']}`)
    })
    assert.equal(await runCommand(asking, [], io), 0)
    assert.equal(out(), 'typed from the environment\n')
  })

  test('cannot ask with --no-interaction', async () => {
    const asking = commandOf(async (_input, output, prompt) => {
      output.line(prompt.env['OC_PASS'] ?? '')
      output.line(await prompt.secret('Password: '))
    })
    for (const option of ['--no-interaction', '-n']) {
      const { io, out, err } = watch()
      assert.equal(await runCommand(asking, [option], io), 2)
      assert.equal(out(), 'from the environment\n')
      assert.match(err(), /^Error: .*--no-interaction.*OC_PASS.*--password-from-env\n$/)
    }
  })
})

describe('a command that fails', () => {
  for (const kind of FAULT_KINDS) {
    test(`${kind} is one line on standard error, and ends with 1`, async () => {
      const { io, out, err } = watch()
      assert.equal(await runCommand(failing(fault(kind)), [], io), 1)
      assert.equal(out(), '')
      assert.match(err(), /^Error: [^\n]+\n$/)
      assert.equal(err().includes('Try another way'), kind !== 'internal')
    })
  }

  for (const reason of ['usage', 'setting']) {
    test(`bad-request for a wrong ${reason} ends with 2`, async () => {
      assert.equal(await runCommand(failing(fault('bad-request', { reason })), [], watch().io), 2)
    })
  }

  test('each wrong setting has a line of its own', async () => {
    const { io, err } = watch()
    await runCommand(failing(new Fault('bad-request', 'A is wrong\nB is wrong', { reason: 'setting' })), [], io)
    assert.equal(err(), 'Error: A is wrong\nError: B is wrong\n')
  })

  test('with --output=json the error is JSON too', async () => {
    const { io, out, err } = watch()
    assert.equal(await runCommand(failing(fault('not-found')), ['--output=json'], io), 1)
    assert.equal(out(), '')
    assert.equal(err(), '{"error":{"kind":"not-found","message":"Try another way"}}\n')
  })

  test('with --output=json_pretty it is JSON over several lines', async () => {
    const { io, err } = watch()
    await runCommand(failing(fault('exists')), ['--output=json_pretty'], io)
    assert.match(err(), /^\{\n {2}"error": \{\n/)
    assert.deepEqual(JSON.parse(err()), { error: { kind: 'exists', message: 'Try another way' } })
  })

  test('wrong usage ends with 2, and is JSON when that was asked for', async () => {
    const command = failing(fault('internal'))
    const plain = watch()
    assert.equal(await runCommand(command, ['--nonsense'], plain.io), 2)
    assert.match(plain.err(), /^Error: Unknown option --nonsense\. See: cloudlet test:it --help\n$/)
    const json = watch()
    assert.equal(await runCommand(command, ['--nonsense', '--output=json'], json.io), 2)
    assert.equal(JSON.parse(json.err()).error.kind, 'bad-request')
  })

  test('what is not a Fault says nothing of itself, but where to look', async () => {
    for (const thrown of [new Error('opensesame'), 'opensesame', undefined]) {
      const { io, err } = watch()
      assert.equal(await runCommand(failing(thrown), [], io), 1)
      assert.match(err(), /^Error: Something went wrong inside Cloudlet\. CLOUDLET_LOG_LEVEL=debug shows where\n$/)
    }
  })

  test('the trace of the cause is shown when asked for', async () => {
    const { io, err } = watch(true)
    await runCommand(failing(new TypeError('It is not a function')), [], io)
    assert.match(err(), /^Error: Something went wrong[^\n]*\nTypeError: It is not a function\n\s+at /)
  })
})

test('text from elsewhere cannot steer the terminal', async () => {
  const name = 'Eve\u001b[2J\u009b31m\r\u0007\u007f\ttab'
  const shown = 'Eve\\x1b[2J\\x9b31m\\x0d\\x07\\x7f\ttab'
  const plain = watch()
  const command = commandOf((_input, out) => {
    out.line(name)
    out.warn(name)
    out.result({ name }, [name])
    throw new Fault('conflict', name)
  })
  await runCommand(command, [], plain.io)
  assert.equal(plain.out(), `${shown}\n${shown}\n`)
  assert.equal(plain.err(), `Warning: ${shown}\nError: ${shown}\n`)
  const json = watch()
  await runCommand(command, ['--output=json'], json.io)
  assert.doesNotMatch(json.out(), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  assert.deepEqual(JSON.parse(json.out()), { name })
})

test('outside a command every kind of Fault has its exit code', () => {
  for (const kind of FAULT_KINDS) {
    assert.equal(reportFault(fault(kind), 'plain', watch().io), kind === 'bad-request' ? 2 : 1, kind)
  }
  assert.deepEqual(Object.keys(EXIT_CODE), [...FAULT_KINDS])
})
