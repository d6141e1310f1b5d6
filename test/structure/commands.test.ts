import assert from 'node:assert/strict'
import { test } from 'node:test'
import { helpForAll, helpForCommand } from '../../src/cli/help.ts'
import { COMMON_OPTIONS } from '../../src/cli/parse.ts'
import { listedCommands } from '../../src/main/cli.ts'

const commands = listedCommands({})

test('every command has a name of its own, in small letters, and a summary', () => {
  const names = commands.map(({ name }) => name)
  assert.ok(names.length > 10)
  assert.deepEqual(new Set(names).size, names.length)
  for (const { name, summary } of commands) {
    assert.match(name, /^[a-z]+(?:[:_-][a-z]+)*$/)
    assert.match(summary, /^[A-Z].*(?:[^.]|\.\.\.)$/, name)
  }
})

test('no option of a command hides another one, or one that every command has', () => {
  for (const { name, options = {} } of commands) {
    const shorts = Object.values({ ...options, ...COMMON_OPTIONS }).flatMap(({ short }) => short ?? [])
    assert.equal(new Set(shorts).size, shorts.length, `${name}: two options are -${shorts.join(', -')}`)
    for (const option of Object.keys(options)) assert.ok(!Object.hasOwn(COMMON_OPTIONS, option), `${name} --${option}`)
  }
})

test('an optional argument comes behind the others, and one that takes the rest comes last', () => {
  for (const { name, args = [] } of commands) {
    const kinds = args.map((arg) => (arg.name.endsWith('...') ? 2 : arg.name.endsWith('?') ? 1 : 0))
    assert.deepEqual(kinds, kinds.toSorted(), name)
    assert.ok(kinds.filter((kind) => kind === 2).length < 2, name)
  }
})

test('all help fits into 80 columns and has an explanation for everything', () => {
  for (const help of [helpForAll(commands, '1.2.3'), ...commands.map(helpForCommand)]) {
    for (const line of help.split('\n')) assert.ok(line.length <= 80, `${line.length} columns: ${line}`)
  }
  for (const { name, args = [], options = {} } of commands) {
    for (const { summary } of [...args, ...Object.values(options)]) assert.match(summary, /^[A-Z`"]/, name)
    for (const [option, { type, value }] of Object.entries(options)) {
      assert.equal(type === 'string', value !== undefined, `${name} --${option}: a value has a name`)
    }
  }
})
