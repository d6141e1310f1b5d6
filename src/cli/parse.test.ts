import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fault } from '../lib/fault.ts'
import type { Command } from './command.ts'
import { askedForm, findCommand, parseCommand } from './parse.ts'

async function run(): Promise<void> {}

const add: Command = {
  name: 'user:add',
  summary: 'Make an account',
  args: [
    { name: 'user', summary: 'Id of the account' },
    { name: 'alias?', summary: 'Other name' },
  ],
  options: {
    quota: { type: 'string', value: 'SIZE', summary: 'Quota' },
    group: { type: 'string', short: 'g', multiple: true, summary: 'Group' },
    force: { type: 'boolean', short: 'f', summary: 'Ask nothing' },
  },
  run,
}
const many: Command = {
  name: 'files:scan',
  summary: 'Scan',
  args: [
    { name: 'kind', summary: 'Kind' },
    { name: 'path...', summary: 'Paths' },
  ],
  run,
}
const commands: readonly Command[] = [add, many, { name: 'user:delete', summary: 'Delete', run }]

function refusal(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof Fault, `not a Fault: ${error}`)
    assert.equal(error.kind, 'bad-request')
    assert.equal(error.detail.reason, 'usage')
    return error.message
  }
  return assert.fail('nothing was refused')
}

describe('findCommand', () => {
  test('finds by the whole name', () => {
    assert.equal(findCommand(commands, 'user:add'), add)
  })

  for (const [name, says] of [
    ['user:ad', 'There is no command "user:ad". Did you mean user:add?'],
    ['user:dleete', 'There is no command "user:dleete". Did you mean user:delete?'],
    ['user', 'There is no command "user". There are user:add, user:delete'],
    ['elephants', 'There is no command "elephants". cloudlet --help lists them'],
    ['', 'There is no command "". cloudlet --help lists them'],
    ['--verbose', 'There is no command "--verbose". cloudlet --help lists them'],
    ['a\nb', 'There is no command "a\\nb". cloudlet --help lists them'],
  ] as const) {
    test(`${JSON.stringify(name)} is unknown`, () => {
      assert.equal(
        refusal(() => findCommand(commands, name)),
        says,
      )
    })
  }
})

describe('parseCommand', () => {
  test('arguments by their place, options anywhere between them', () => {
    const { input, output, wantsHelp } = parseCommand(add, ['--quota', '5 GB', 'alice', '-g', 'a', '--group=b', '-f'])
    assert.deepEqual(input.args, { user: 'alice' })
    assert.deepEqual(input.rest, [])
    assert.deepEqual({ ...input.options }, { quota: '5 GB', group: ['a', 'b'], force: true })
    assert.equal(output, 'plain')
    assert.equal(wantsHelp, false)
  })

  test('an optional argument may be left out or given', () => {
    assert.deepEqual(parseCommand(add, ['alice', 'al']).input.args, { user: 'alice', alias: 'al' })
  })

  test('the last argument takes the rest, also none', () => {
    const { args, rest } = parseCommand(many, ['a', 'b', 'c']).input
    assert.deepEqual({ args, rest }, { args: { kind: 'a' }, rest: ['b', 'c'] })
    assert.deepEqual(parseCommand(many, ['a']).input.rest, [])
  })

  test('behind -- everything is an argument', () => {
    assert.deepEqual(parseCommand(add, ['--', '--force']).input.args, { user: '--force' })
  })

  test('a value may begin with a dash when it is written with =, or be a single dash', () => {
    assert.equal(parseCommand(add, ['alice', '--quota=-3']).input.options['quota'], '-3')
    assert.equal(parseCommand(add, ['alice', '--quota', '-']).input.options['quota'], '-')
  })

  test('an empty value is a value', () => {
    assert.equal(parseCommand(add, ['alice', '--quota=']).input.options['quota'], '')
    assert.equal(parseCommand(add, ['']).input.args['user'], '')
  })

  for (const form of ['plain', 'json', 'json_pretty'] as const) {
    test(`--output=${form}`, () => {
      assert.equal(parseCommand(add, ['alice', `--output=${form}`]).output, form)
      assert.equal(parseCommand(add, ['--output', form, 'alice']).output, form)
    })
  }

  for (const words of [['--help'], ['-h'], ['alice', 'b', 'c', '-h'], ['--output=xml', '--help']]) {
    test(`${words.join(' ')} wants help, whatever else is missing`, () => {
      assert.equal(parseCommand(add, words).wantsHelp, true)
    })
  }

  const SEE = 'See: cloudlet user:add --help'
  const wrong: readonly (readonly [words: readonly string[], says: string])[] = [
    [[], 'The argument USER is missing'],
    [['alice', 'al', 'third'], '"third" is one argument too many'],
    [['alice', '--quote', '5'], 'Unknown option --quote; did you mean --quota?'],
    [['alice', '--elephants'], 'Unknown option --elephants'],
    [['alice', '--no-force'], 'Unknown option --no-force'],
    [['alice', '-x'], 'Unknown option -x'],
    [['alice', '-fx'], 'Unknown option -x'],
    [['alice', '--__proto__=1'], 'Unknown option --__proto__'],
    [['alice', '--constructor'], 'Unknown option --constructor'],
    [['alice', '--quota'], '--quota needs a value'],
    [['alice', '-g'], '-g needs a value'],
    [['alice', '--quota', '--force'], '--quota needs a value; one that begins with a dash: --quota=--force'],
    [['alice', '-g', '-f'], '-g needs a value; one that begins with a dash: --group=-f'],
    [['alice', '--force=yes'], '--force takes no value'],
    [['alice', '--output=xml'], '--output must be plain, json or json_pretty'],
    [['alice', '--output='], '--output must be plain, json or json_pretty'],
    [['alice', '--output'], '--output needs a value'],
  ]
  for (const [words, says] of wrong) {
    test(`refuses: ${words.join(' ')}`, () => {
      assert.equal(
        refusal(() => parseCommand(add, words)),
        `${says}. ${SEE}`,
      )
    })
  }
})

describe('askedForm', () => {
  for (const [words, form] of [
    [[], 'plain'],
    [['--output=json', '--nonsense'], 'json'],
    [['--output', 'json_pretty'], 'json_pretty'],
    [['--output'], 'plain'],
    [['--output=xml'], 'plain'],
    [['--output=json', '--output=plain'], 'plain'],
    [['--', '--output=json'], 'plain'],
    [['--outputs=json'], 'plain'],
  ] as const) {
    test(`${JSON.stringify(words)} asks for ${form}`, () => {
      assert.equal(askedForm(words), form)
    })
  }
})
